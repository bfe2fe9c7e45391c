import Glibc

/// The images of a split in the order of their first entries, with the questions about each.
struct SplitEntries {
  let split: String
  private(set) var images: [(use: ImageUse, questions: [Question])] = []
  private var numbers: [[UInt8]: Int] = [:]

  init(split: String) { self.split = split }

  mutating func add(_ question: Question, about image: String, place: String) {
    let path = plainPath(image)
    if let known = numbers[path] {
      images[known].questions.append(question)
    } else {
      numbers[path] = images.count
      images.append((ImageUse(image: image, split: split, place: place), [question]))
    }
  }
}

/// A relative path without "." and doubled slashes, byte by byte: two spellings of one accented letter
/// are two files.
private func plainPath(_ path: String) -> [UInt8] {
  let slash = UInt8(ascii: "/")
  let parts = path.utf8.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
  return Array(parts.joined(separator: [slash]))
}

/// Before anything is decoded: no two splits name the same path or, through a link, the same file.
///
/// - Throws: `DataError.sharedImage`.
func requireDisjoint(_ splits: [SplitEntries], in folder: String) throws(DataError) {
  /// What the system knows a file by, whatever its name.
  struct File: Hashable {
    var device: UInt64
    var number: UInt64
  }
  var paths: [[UInt8]: ImageUse] = [:]
  var files: [File: ImageUse] = [:]
  for entries in splits {
    for (use, _) in entries.images {
      if let other = paths.updateValue(use, forKey: plainPath(use.image)) {
        throw .sharedImage(other, use, identity: .samePath)
      }
      var status = stat()
      // A file that is missing is reported when it is read.
      guard stat("\(folder)/\(use.image)", &status) == 0 else { continue }
      let file = File(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
      if let other = files[file], other.split != use.split {
        throw .sharedImage(other, use, identity: .sameFile)
      }
      files[file] = use
    }
  }
}

/// Images that were decoded, found by their pixels.
struct ImageContents {
  private var known: [Int: [(image: Image, use: ImageUse)]] = [:]

  /// A picture of one colour shows nothing that could leak: data without pictures has it in every split.
  ///
  /// - Throws: `DataError.sharedImage` if another split has an image of the same pixels.
  mutating func add(_ image: Image, use: ImageUse) throws(DataError) {
    let pixels = image.pixels
    guard pixels.indices.dropFirst(3).contains(where: { pixels[$0] != pixels[$0 - 3] }) else {
      return
    }
    var hasher = Hasher()
    hasher.combine(image.width)
    image.pixels.withUnsafeBytes { hasher.combine(bytes: $0) }
    let hash = hasher.finalize()
    // Pixels are compared as well: a hash of 64 bits only says where to look.
    if let other = known[hash]?.first(where: { $0.image == image }) {
      guard other.use.split == use.split else {
        throw .sharedImage(other.use, use, identity: .samePixels)
      }
      return
    }
    known[hash, default: []].append((image, use))
  }
}

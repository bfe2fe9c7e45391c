/// The checked table of contents of a safetensors file.
///
/// Strict: the data is covered exactly once, without holes, overlaps or leftovers, and the header
/// holds nothing that the format does not define. The header is read without building a JSON tree,
/// so that a hostile one cannot make the reader use much more memory than the file has bytes.
struct SafetensorsHeader {
  /// In the order of the file.
  let tensors: [TensorEntry]
  let metadata: [String: String]
}

/// Bounds far beyond any published checkpoint; they keep the memory of the reader bounded.
private enum Limit {
  static let headerBytes = 100_000_000
  static let tensors = 200_000
  static let dimensions = 64
  static let nameBytes = 4_096
  /// All names, metadata keys and metadata values together.
  static let textBytes = 16 << 20
  static let metadataEntries = 65_536
}

extension SafetensorsHeader {
  /// - Parameters:
  ///   - file: the whole file.
  ///   - path: names the file in errors.
  static func parse(
    _ file: UnsafeRawBufferPointer, path: String
  ) throws(StorageError) -> SafetensorsHeader {
    guard file.count >= 8 else {
      throw .truncated(path: path, expected: 8, actual: file.count)
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= Limit.headerBytes else {
      throw .malformed(
        path: path, field: "header length",
        reason: "\(length) bytes, more than the format's \(Limit.headerBytes)")
    }
    let dataStart = 8 + Int(length)
    guard dataStart <= file.count else {
      throw .truncated(path: path, expected: dataStart, actual: file.count)
    }
    let header: SafetensorsHeader
    do throws(JSONSyntaxError) {
      var decoder = HeaderDecoder(dataStart: dataStart)
      header = try decoder.decode(UnsafeRawBufferPointer(rebasing: file[8..<dataStart]))
    } catch {
      throw .malformed(path: path, field: "header byte \(error.offset)", reason: error.reason)
    }
    try header.checkCoverage(dataStart..<file.count, path: path)
    return header
  }

  /// Every byte of the data belongs to exactly one tensor.
  private func checkCoverage(_ data: Range<Int>, path: String) throws(StorageError) {
    let order = tensors.indices.sorted {
      let (left, right) = (tensors[$0].byteRange, tensors[$1].byteRange)
      return (left.lowerBound, left.upperBound) < (right.lowerBound, right.upperBound)
    }
    var covered = data.lowerBound
    for tensor in order.lazy.map({ tensors[$0] }) {
      guard tensor.byteRange.lowerBound == covered else {
        throw .malformed(
          path: path, field: tensor.name,
          reason: tensor.byteRange.lowerBound < covered
            ? "its bytes overlap another tensor's" : "bytes before it belong to no tensor")
      }
      covered = tensor.byteRange.upperBound
    }
    guard covered <= data.upperBound else {
      throw .truncated(path: path, expected: covered, actual: data.upperBound)
    }
    guard covered == data.upperBound else {
      throw .malformed(
        path: path, field: "data",
        reason: "\(data.upperBound - covered) bytes at the end belong to no tensor")
    }
  }
}

private struct HeaderDecoder {
  /// First byte of the file after the header.
  let dataStart: Int
  private var tensors: [TensorEntry] = []
  private var names: Set<ExactText> = []
  private var metadata: [ExactText: String]?
  private var textBytes = 0

  init(dataStart: Int) { self.dataStart = dataStart }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer
  ) throws(JSONSyntaxError) -> SafetensorsHeader {
    guard bytes.first == UInt8(ascii: "{") else {
      throw JSONSyntaxError(offset: 0, reason: "the header must start with '{'")
    }
    var scanner = JSONScanner(bytes)
    try scanner.object(keyLimit: Limit.nameBytes) { (scanner, name) throws(JSONSyntaxError) in
      if name == "__metadata__" {
        try readMetadata(&scanner)
      } else {
        try readTensor(name, &scanner)
      }
    }
    // The format pads with spaces and nothing else.
    guard bytes[scanner.offset...].allSatisfy({ $0 == 0x20 }) else {
      throw scanner.failure("unexpected bytes after the header's object")
    }
    var plain: [String: String] = [:]
    for (key, value) in metadata ?? [:] { plain[key.text] = value }
    return SafetensorsHeader(tensors: tensors, metadata: plain)
  }

  private mutating func readMetadata(_ scanner: inout JSONScanner) throws(JSONSyntaxError) {
    guard metadata == nil else { throw scanner.failure("'__metadata__' is there twice") }
    var entries: [ExactText: String] = [:]
    try scanner.object(keyLimit: Limit.nameBytes) { (scanner, key) throws(JSONSyntaxError) in
      let value = try scanner.string(limit: Limit.textBytes)
      try account(key, value, scanner)
      guard entries.updateValue(value, forKey: ExactText(key)) == nil else {
        throw scanner.failure("metadata key '\(key)' is there twice")
      }
      guard entries.count <= Limit.metadataEntries else {
        throw scanner.failure("more than \(Limit.metadataEntries) metadata entries")
      }
    }
    metadata = entries
  }

  private mutating func readTensor(
    _ name: String, _ scanner: inout JSONScanner
  ) throws(JSONSyntaxError) {
    guard !name.isEmpty, !name.utf8.contains(0), name.utf8.count <= Limit.nameBytes else {
      throw scanner.failure("tensor name is empty, too long or contains NUL")
    }
    try account(name, "", scanner)
    guard names.insert(ExactText(name)).inserted else {
      throw scanner.failure("tensor '\(name)' is there twice")
    }
    guard tensors.count < Limit.tensors else {
      throw scanner.failure("more than \(Limit.tensors) tensors")
    }
    var dtype: TensorType?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object(keyLimit: Limit.nameBytes) { (scanner, field) throws(JSONSyntaxError) in
      switch field {
      case "dtype" where dtype == nil:
        let spelling = try scanner.string(limit: Limit.nameBytes)
        guard let known = TensorType(rawValue: spelling) else {
          throw scanner.failure("tensor '\(name)' has unknown dtype '\(spelling)'")
        }
        dtype = known
      case "shape" where shape == nil:
        shape = try readNumbers(&scanner, limit: Limit.dimensions)
      case "data_offsets" where offsets == nil:
        offsets = try readNumbers(&scanner, limit: 2)
      default:
        throw scanner.failure("tensor '\(name)' has field '\(field)' twice, or it is unknown")
      }
    }
    guard let dtype, let shape, let offsets, offsets.count == 2 else {
      throw scanner.failure("tensor '\(name)' needs dtype, shape and two data_offsets")
    }
    let (begin, end) = (offsets[0], offsets[1])
    let (fileEnd, overflow) = end.addingReportingOverflow(dataStart)
    guard begin <= end, !overflow, dtype.byteCount(of: shape) == end - begin else {
      throw scanner.failure(
        "tensor '\(name)' of shape \(shape) and dtype \(dtype.rawValue) cannot fill bytes \(begin) to \(end)"
      )
    }
    tensors.append(
      TensorEntry(
        name: name, dtype: dtype, shape: shape, byteRange: (dataStart + begin)..<fileEnd))
  }

  private func readNumbers(
    _ scanner: inout JSONScanner, limit: Int
  ) throws(JSONSyntaxError) -> [Int] {
    var numbers: [Int] = []
    try scanner.array { (scanner) throws(JSONSyntaxError) in
      guard numbers.count < limit else {
        throw scanner.failure("more than \(limit) numbers in the list")
      }
      numbers.append(try scanner.naturalNumber())
    }
    return numbers
  }

  private mutating func account(
    _ key: String, _ value: String, _ scanner: JSONScanner
  ) throws(JSONSyntaxError) {
    textBytes += key.utf8.count + value.utf8.count
    guard textBytes <= Limit.textBytes else {
      throw scanner.failure("more than \(Limit.textBytes) bytes of names and metadata")
    }
  }
}

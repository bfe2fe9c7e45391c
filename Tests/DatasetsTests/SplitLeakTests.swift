import Datasets
import Foundation
import Storage
import TestSupport
import Testing

/// One image in two splits is found by whatever name it is there.
@Suite struct SplitLeakTests {
  /// A folder of three entries, one image per split, under `images`.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "images"), withIntermediateDirectories: true)
    for (split, value) in [("train", 1), ("validation", 2), ("test", 3)] {
      try pngData(of: image(value)).write(to: folder.url.appending(path: "images/\(split).png"))
      try write([entry("images/\(split).png")], to: split, in: folder)
    }
    return folder
  }

  private func image(_ value: Int) -> Image {
    Image(width: 2, height: 2, pixels: [UInt8](repeating: UInt8(value), count: 11) + [255])
  }

  private func entry(_ image: String, question: String = "What?") -> String {
    #"{"image": "\#(image)", "question": "\#(question)", "answer": "red", "task": "color"}"#
  }

  private func write(_ lines: [String], to split: String, in folder: TemporaryFolder) throws {
    try Data(lines.joined(separator: "\n").utf8).write(
      to: folder.url.appending(path: "\(split).jsonl"))
  }

  private func identity(_ folder: TemporaryFolder, naming image: String) throws -> ImageIdentity? {
    try write([entry("images/test.png"), entry(image)], to: "test", in: folder)
    let error = #expect(throws: DataError.self) { try loadDataset(folder: folder.path) }
    guard case .sharedImage(let first, let second, let identity) = error else {
      Issue.record("\(String(describing: error))")
      return nil
    }
    #expect(first.image == "images/train.png" && first.place.hasSuffix("/train.jsonl:1"))
    #expect(second.image == image && second.place.hasSuffix("/test.jsonl:2"))
    #expect(error?.description.contains("is in train and test") == true)
    #expect(error?.description.contains("in one split") == true)
    return identity
  }

  @Test(arguments: [
    "images/train.png", "./images/train.png", "images//train.png", "././images/./train.png",
  ]) func spellingsOfOnePath(path: String) throws {
    #expect(try identity(folder(), naming: path) == .samePath)
  }

  @Test func linksToOneFile() throws {
    let soft = try folder()
    try FileManager.default.createSymbolicLink(
      atPath: soft.path + "/images/soft.png", withDestinationPath: "train.png")
    #expect(try identity(soft, naming: "images/soft.png") == .sameFile)
    let hard = try folder()
    try FileManager.default.linkItem(
      atPath: hard.path + "/images/train.png", toPath: hard.path + "/images/hard.png")
    #expect(try identity(hard, naming: "images/hard.png") == .sameFile)
    let linked = try folder()
    try FileManager.default.createSymbolicLink(
      atPath: linked.path + "/pictures", withDestinationPath: "images")
    #expect(try identity(linked, naming: "pictures/train.png") == .sameFile)
  }

  @Test(.enabled(if: readableImageFormats.contains("PNG")))
  func copiesInAnyEncoding() throws {
    let folder = try folder()
    try FileManager.default.copyItem(
      atPath: folder.path + "/images/train.png", toPath: folder.path + "/images/copy.png")
    #expect(try identity(folder, naming: "images/copy.png") == .samePixels)
    // A comment makes other bytes of the same picture.
    var bytes = [UInt8](pngData(of: image(1)))
    bytes.insert(
      contentsOf: [0, 0, 0, 3, 0x74, 0x45, 0x58, 0x74, 0x61, 0, 0x62, 0xdc, 0x49, 0xa2, 0x3b],
      at: bytes.count - 12)
    try Data(bytes).write(to: folder.url.appending(path: "images/copy.png"))
    #expect(try identity(folder, naming: "images/copy.png") == .samePixels)
  }

  /// What stands for no picture may be everywhere, under names of its own.
  @Test(.enabled(if: readableImageFormats.contains("PNG")))
  func picturesOfOneColourShowNothing() throws {
    let folder = try folder()
    let blank = Image(width: 3, height: 2, pixels: [UInt8](repeating: 7, count: 18))
    for split in ["train", "validation", "test"] {
      try pngData(of: blank).write(to: folder.url.appending(path: "images/\(split).png"))
    }
    #expect(try loadDataset(folder: folder.path).test[0].image == blank)
  }

  @Test(.enabled(if: readableImageFormats.contains("PNG")))
  func oneSplitMayRepeatAnImage() throws {
    let folder = try folder()
    try FileManager.default.copyItem(
      atPath: folder.path + "/images/train.png", toPath: folder.path + "/images/copy.png")
    try write(
      [
        entry("images/train.png"), entry("./images//train.png", question: "Who?"),
        entry("images/copy.png"),
      ], to: "train", in: folder)
    let data = try loadDataset(folder: folder.path)
    #expect(data.train.map(\.questions.count) == [2, 1])
    #expect(data.train[0].questions.map(\.text) == ["What?", "Who?"])
  }

  /// Letters that Unicode calls equal are two files here.
  @Test(.enabled(if: readableImageFormats.contains("PNG")))
  func namesAreBytes() throws {
    let folder = try folder()
    for (name, value) in [("\u{e9}.png", 4), ("e\u{301}.png", 5)] {
      try pngData(of: image(value)).write(to: folder.url.appending(path: name))
    }
    try write([entry("\u{e9}.png"), entry("e\u{301}.png")], to: "train", in: folder)
    let data = try loadDataset(folder: folder.path)
    #expect(data.train.map { $0.image.pixels[0] } == [4, 5])
  }

  @Test(.enabled(if: readableImageFormats.contains("PNG")))
  func textFromWindowsIsRead() throws {
    let folder = try folder()
    let plain = try loadDataset(folder: folder.path)
    let mark = "\u{feff}"
    let text = mark + "\r\n" + mark + entry("images/train.png") + "\r\n"
    try Data(text.utf8).write(to: folder.url.appending(path: "train.jsonl"))
    try write([mark + entry("images/test.png"), ""], to: "test", in: folder)
    let read = try loadDataset(folder: folder.path)
    #expect(read.train == plain.train && read.test == plain.test)
    for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian] {
      try #require(entry("images/test.png").data(using: encoding)).write(
        to: folder.url.appending(path: "test.jsonl"))
      let error = #expect(throws: StorageError.self) { try loadDataset(folder: folder.path) }
      #expect(error?.description.contains("UTF-16; save it as UTF-8") == true)
      #expect(error?.description.contains("test.jsonl:1") == true)
    }
  }
}

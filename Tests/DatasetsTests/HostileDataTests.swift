import Datasets
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct HostileDataTests {
  /// A folder of three entries, one image per split.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (split, value) in [("train", 1), ("validation", 2), ("test", 3)] {
      let image = Image(width: 2, height: 2, pixels: [UInt8](repeating: UInt8(value), count: 12))
      try pngData(of: image).write(to: folder.url.appending(path: "\(split).png"))
      try write(entry(image: "\(split).png"), to: "\(split).jsonl", in: folder)
    }
    return folder
  }

  private func entry(image: String, answer: String = "red") -> String {
    #"{"image": "\#(image)", "question": "What?", "answer": "\#(answer)", "task": "color"}"#
  }

  private func write(_ text: String, to name: String, in folder: TemporaryFolder) throws {
    try Data(text.utf8).write(to: folder.url.appending(path: name))
  }

  @Test(.enabled(if: readableImageFormats.contains("PNG")))
  func theFolderIsGoodBeforeItIsBroken() throws {
    let folder = try folder()
    let data = try loadDataset(folder: folder.path)
    #expect(data.train[0].image.pixels == [UInt8](repeating: 1, count: 12))
    #expect(data.test[0].questions == [Question(task: 0, text: "What?", answer: "red")])
  }

  @Test(arguments: [
    "{", "[]", "null", #"{"image": "train.png"}"#, #"{"image": 3, "question": "a", "answer": "b"}"#,
    "\u{0}", "\"\\ud800\"", String(repeating: "[", count: 100_000),
  ])
  func aBadLineIsNamed(line: String) throws {
    let folder = try folder()
    try write(entry(image: "train.png") + "\n\n" + line + "\n", to: "train.jsonl", in: folder)
    let error = #expect(throws: StorageError.self) { try loadDataset(folder: folder.path) }
    #expect(error?.description.contains("train.jsonl:3") == true)
  }

  @Test(arguments: [
    "/etc/passwd", "../train.png", "images/../../train.png", "..", "", "a\\u0000b",
  ])
  func aPathOutsideIsRefused(path: String) throws {
    let folder = try folder()
    try write(entry(image: path), to: "test.jsonl", in: folder)
    let error = #expect(throws: DataError.self) { try loadDataset(folder: folder.path) }
    guard case .badEntry(let place, "image", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(place.hasSuffix("test.jsonl:1"))
  }

  @Test func answersAreShortAndNotBlank() throws {
    for answer in ["", "  ", String(repeating: "x", count: 65)] {
      let folder = try folder()
      try write(entry(image: "train.png", answer: answer), to: "train.jsonl", in: folder)
      let error = #expect(throws: DataError.self) { try loadDataset(folder: folder.path) }
      guard case .badEntry(_, "answer", _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func splitsAreThereAndShareNothing() throws {
    let empty = try folder()
    try write("\n \n", to: "validation.jsonl", in: empty)
    #expect(throws: DataError.emptySplit(path: empty.path + "/validation.jsonl")) {
      try loadDataset(folder: empty.path)
    }
    let shared = try folder()
    try write(entry(image: "train.png"), to: "test.jsonl", in: shared)
    let error = #expect(throws: DataError.self) { try loadDataset(folder: shared.path) }
    #expect(
      error
        == .sharedImage(
          ImageUse(image: "train.png", split: "train", place: shared.path + "/train.jsonl:1"),
          ImageUse(image: "train.png", split: "test", place: shared.path + "/test.jsonl:1"),
          identity: .samePath))
    #expect(error?.description.contains("image 'train.png' is in train and test") == true)
    let missing = try folder()
    try FileManager.default.removeItem(atPath: missing.path + "/test.jsonl")
    #expect(throws: StorageError.self) { try loadDataset(folder: missing.path) }
    #expect(throws: StorageError.self) { try loadDataset(folder: missing.path + "/nowhere") }
  }

  @Test func aMissingImageIsAnError() throws {
    let folder = try folder()
    try FileManager.default.removeItem(atPath: folder.path + "/train.png")
    #expect(throws: (any Error).self) { try loadDataset(folder: folder.path) }
    try FileManager.default.createDirectory(
      atPath: folder.path + "/train.png", withIntermediateDirectories: true)
    #expect(throws: (any Error).self) { try loadDataset(folder: folder.path) }
  }

  @Test func bytesThatAreNoImageAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/image"
    let whole = pngData(of: embedded.test[0].image)
    var cases = [Data(), Data("hello".utf8), Data([0x89]), Data([0xff, 0xd8, 0xff])]
    for count in [4, 8, 20, 33, 60, 5_000, whole.count - 30] { cases.append(whole.prefix(count)) }
    for position in [12, 17, 24, 25, 30, 45, 4_000] {
      var broken = whole
      broken[position] ^= 0xff
      cases.append(broken)
    }
    for data in cases {
      try data.write(to: URL(filePath: path))
      #expect(throws: DataError.self, "\(data.count) bytes") { try loadImage(path: path) }
    }
  }

  @Test func hugeDimensionsAreRefusedBeforeAnyMemoryIsTaken() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/huge.png"
    // The header of an image of 100,000 × 100,000 pixels, with its right checksum.
    let bytes: [UInt8] = [
      0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52,
      0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0, 8, 2, 0, 0, 0, 0x27, 0x30, 0x9c, 0x9f,
    ]
    let small = [UInt8](pngData(of: Image(width: 1, height: 1, pixels: [1, 2, 3])))
    try Data(bytes + small[33...]).write(to: URL(filePath: path))
    let error = #expect(throws: DataError.self) { try loadImage(path: path) }
    guard readableImageFormats.contains("PNG") else { return }
    guard case .tooLarge = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    var limits = DataLimits()
    limits.imagePixels = 4_095
    try pngData(of: embedded.test[0].image).write(to: URL(filePath: path))
    #expect(throws: DataError.self) { try loadImage(path: path, limits: limits) }
    limits.imagePixels = 4_096
    limits.imageBytes = 100
    #expect(throws: DataError.self) { try loadImage(path: path, limits: limits) }
  }
}

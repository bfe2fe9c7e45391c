import Artifacts
import Datasets
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct DatasetFileTests {
  private let small = Dataset(
    name: "small", tasks: EmbeddedData.tasks, train: Array(embedded.train.prefix(5)),
    validation: Array(embedded.validation.prefix(2)), test: Array(embedded.test.prefix(3)))

  @Test(.enabled(if: readableImageFormats.contains("PNG")))
  func whatIsWrittenIsRead() throws {
    let folder = try TemporaryFolder()
    try writeDataset(small, to: folder.path)
    let read = try loadDataset(folder: folder.path)
    #expect(read.tasks == small.tasks)
    for (mine, theirs) in [
      (small.train, read.train), (small.validation, read.validation), (small.test, read.test),
    ] {
      #expect(mine.map(\.image) == theirs.map(\.image))
      #expect(mine.map(\.questions) == theirs.map(\.questions))
      #expect(theirs.allSatisfy { $0.attributes.isEmpty })
    }
    #expect(read.reference.trainEntries == 25)
  }

  @Test func aPNGIsWholeAndChecked() throws {
    let png = [UInt8](pngData(of: Image(width: 1, height: 1, pixels: [255, 0, 0])))
    #expect(png.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
    // IEND never changes, and neither does its checksum.
    #expect(png.suffix(12) == [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])
    // Rows longer than one stored block.
    let wide = Image(width: 30_000, height: 3, pixels: (0..<270_000).map { UInt8($0 % 251) })
    let folder = try TemporaryFolder()
    try pngData(of: wide).write(to: folder.url.appending(path: "wide.png"))
    if readableImageFormats.contains("PNG") {
      #expect(try loadImage(path: folder.path + "/wide.png") == wide)
    }
  }

  @Test func aJPEGIsReadOrItsPackageNamed() throws {
    let path = fixtures(#filePath).appending(path: "red.jpg").path
    guard readableImageFormats.contains("JPEG") else {
      let error = #expect(throws: DataError.self) { try loadImage(path: path) }
      #expect(error?.description.contains("libturbojpeg0") == true)
      return
    }
    let image = try loadImage(path: path)
    #expect(image.width == 16 && image.height == 8)
    #expect(zip(image.pixels, [200, 30, 40]).allSatisfy { abs(Int($0) - $1) < 6 })
    let folder = try TemporaryFolder()
    let whole = try Data(contentsOf: URL(filePath: path))
    for count in [3, 20, 300, whole.count - 20] {
      try whole.prefix(count).write(to: folder.url.appending(path: "cut.jpg"))
      #expect(throws: DataError.self) { try loadImage(path: folder.path + "/cut.jpg") }
    }
  }

  @Test func aContactSheetHoldsEveryImage() throws {
    let sheet = try #require(contactSheet(small.train, columns: 3))
    // Three columns and two rows of 128 pixels with gaps of 4.
    #expect([UInt8](sheet)[16..<24] == [0, 0, 1, 144, 0, 0, 1, 12])
    #expect(contactSheet([]) == nil)
  }

  @Test func pixelValuesArePlanarAndCentred() {
    let image = Image(width: 2, height: 1, pixels: [0, 127, 255, 255, 127, 0])
    var values = [Float](repeating: 9, count: 12)
    pixelValues(of: image, size: 2, into: &values)
    #expect(values[0..<4] == [-1, 1, -1, 1])
    #expect(values[8..<12] == [1, -1, 1, -1])
    let grey = Image(width: 2, height: 2, pixels: [UInt8](repeating: 255, count: 12))
    pixelValues(of: grey, size: 2, into: &values)
    #expect(values == [Float](repeating: 1, count: 12))
    var one = [Float](repeating: 9, count: 3)
    pixelValues(of: image, size: 1, into: &one)
    // The average of 0 and 255 is rounded to a level, 128.
    #expect(one[0] == 128 / 127.5 - 1 && one[2] == one[0])
  }
}

import Datasets
import Testing

/// A picture whose levels follow from their index alone.
func formulaImage(width: Int, height: Int) -> Image {
  let pixels = (0..<3 * width * height).map { index -> UInt8 in
    let value = index * index * 37 + index * 11 + index % 7 * 53
    return UInt8(value & 255)
  }
  return Image(width: width, height: height, pixels: pixels)
}

/// Results of Pillow 13.0, `Image.resize`.
@Suite struct ResamplingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var filter: ResamplingFilter
    var from: (width: Int, height: Int)
    var to: (width: Int, height: Int)
    var pixels: [UInt8]

    init(
      _ filter: ResamplingFilter, from: (Int, Int), to: (Int, Int), _ pixels: [UInt8]
    ) {
      self.filter = filter
      self.from = from
      self.to = to
      self.pixels = pixels
    }

    var testDescription: String { "\(filter) \(from) -> \(to)" }
  }

  /// Smaller, larger, and one side each; in one case rows are averaged before columns.
  private static let cases = [
    Case(
      .nearest, from: (7, 5), to: (3, 4),
      [
        13, 80, 221, 130, 129, 202, 95, 26, 31, 231, 60, 219, 200, 217, 52, 17, 222, 245, 9, 130,
        69, 194, 247, 118, 227, 212, 15, 81, 220, 177, 118, 189, 78, 3, 6, 83,
      ]),
    Case(
      .lanczos, from: (7, 5), to: (3, 4),
      [
        78, 84, 157, 154, 124, 180, 87, 47, 172, 179, 59, 130, 178, 185, 72, 99, 124, 199, 59, 140,
        125, 116, 133, 121, 171, 130, 57, 110, 157, 130, 112, 157, 93, 105, 101, 123,
      ]),
    Case(
      .bilinear, from: (7, 5), to: (3, 4),
      [
        83, 84, 153, 142, 118, 172, 96, 54, 167, 163, 80, 136, 167, 165, 90, 106, 121, 176, 78, 133,
        124, 129, 147, 110, 152, 125, 83, 102, 148, 119, 116, 156, 99, 112, 105, 120,
      ]),
    Case(
      .bicubic, from: (7, 5), to: (3, 4),
      [
        75, 84, 152, 148, 120, 181, 92, 46, 169, 173, 70, 135, 176, 176, 78, 101, 123, 189, 68, 139,
        124, 123, 141, 118, 162, 128, 69, 104, 152, 121, 113, 157, 96, 108, 103, 124,
      ]),
    Case(
      .box, from: (7, 5), to: (3, 4),
      [
        7, 91, 121, 134, 95, 215, 103, 17, 133, 163, 82, 139, 172, 160, 94, 88, 93, 172, 50, 188,
        144, 113, 128, 131, 188, 156, 70, 95, 123, 97, 122, 155, 91, 119, 105, 165,
      ]),
    Case(
      .hamming, from: (7, 5), to: (3, 4),
      [
        45, 87, 147, 139, 111, 196, 97, 33, 144, 172, 75, 153, 181, 176, 75, 88, 118, 189, 70, 147,
        122, 136, 156, 116, 160, 130, 76, 102, 145, 111, 121, 163, 92, 103, 97, 136,
      ]),
    Case(
      .lanczos, from: (16, 16), to: (2, 2),
      [129, 135, 133, 132, 123, 132, 116, 114, 127, 131, 117, 124]),
    Case(
      .bilinear, from: (16, 16), to: (2, 2),
      [129, 134, 134, 132, 123, 132, 117, 114, 130, 130, 119, 123]),
    Case(
      .bicubic, from: (16, 16), to: (2, 2),
      [129, 135, 134, 132, 123, 132, 116, 113, 129, 131, 118, 123]),
    Case(
      .box, from: (16, 16), to: (2, 2),
      [124, 133, 137, 138, 128, 132, 117, 113, 128, 129, 119, 127]),
    Case(
      .hamming, from: (16, 16), to: (2, 2),
      [130, 139, 137, 133, 123, 135, 113, 110, 133, 131, 120, 119]),
    Case(
      .nearest, from: (4, 3), to: (7, 5),
      [
        0, 101, 20, 0, 101, 20, 13, 80, 221, 13, 80, 221, 180, 98, 205, 130, 129, 202, 130, 129,
        202, 0, 101, 20, 0, 101, 20, 13, 80, 221, 13, 80, 221, 180, 98, 205, 130, 129, 202, 130,
        129, 202, 93, 58, 238, 93, 58, 238, 95, 26, 31, 95, 26, 31, 110, 7, 234, 164, 27, 220, 164,
        27, 220, 231, 60, 219, 231, 60, 219, 196, 132, 1, 196, 132, 1, 200, 217, 52, 217, 200, 142,
        217, 200, 142, 231, 60, 219, 231, 60, 219, 196, 132, 1, 196, 132, 1, 200, 217, 52, 217, 200,
        142, 217, 200, 142,
      ]),
    Case(
      .bilinear, from: (4, 3), to: (7, 5),
      [
        0, 101, 20, 5, 93, 92, 12, 81, 207, 97, 89, 213, 176, 100, 205, 148, 118, 203, 130, 129,
        202, 37, 84, 107, 41, 75, 121, 45, 60, 143, 99, 60, 181, 151, 63, 216, 147, 79, 212, 144,
        88, 209, 93, 58, 238, 94, 47, 164, 95, 28, 46, 103, 17, 133, 114, 8, 233, 145, 20, 225, 164,
        27, 220, 176, 59, 227, 168, 70, 150, 157, 87, 29, 160, 112, 69, 166, 133, 128, 185, 132,
        156, 196, 131, 173, 231, 60, 219, 218, 86, 141, 198, 127, 17, 198, 175, 27, 201, 216, 58,
        211, 206, 110, 217, 200, 142,
      ]),
    Case(
      .bicubic, from: (4, 3), to: (7, 5),
      [
        0, 106, 0, 0, 97, 74, 0, 84, 225, 100, 92, 234, 188, 107, 201, 151, 128, 200, 123, 139, 201,
        26, 89, 92, 27, 77, 112, 33, 57, 151, 95, 53, 194, 155, 58, 225, 147, 77, 218, 138, 88, 211,
        93, 61, 254, 93, 49, 168, 94, 28, 34, 99, 13, 120, 113, 7, 240, 148, 20, 232, 168, 29, 219,
        189, 55, 254, 180, 66, 161, 165, 89, 10, 161, 118, 42, 167, 140, 123, 189, 138, 159, 202,
        135, 174, 245, 53, 235, 230, 81, 150, 205, 133, 7, 202, 193, 0, 208, 235, 44, 217, 222, 108,
        222, 212, 144,
      ]),
    Case(
      .lanczos, from: (3, 20), to: (2, 2),
      [107, 130, 143, 140, 104, 123, 111, 152, 138, 130, 170, 134]),
    Case(
      .bicubic, from: (3, 20), to: (2, 2),
      [108, 130, 142, 141, 107, 124, 110, 150, 139, 129, 167, 136]),
    Case(
      .bilinear, from: (5, 6), to: (5, 2),
      [
        93, 110, 40, 109, 77, 200, 128, 112, 198, 167, 81, 215, 153, 86, 76, 125, 132, 89, 137, 178,
        147, 77, 144, 94, 120, 79, 157, 133, 164, 110,
      ]),
    Case(
      .bicubic, from: (6, 5), to: (2, 5),
      [
        67, 98, 164, 117, 72, 173, 170, 38, 200, 210, 176, 78, 92, 97, 173, 104, 106, 89, 138, 127,
        125, 67, 137, 154, 154, 162, 68, 123, 116, 88,
      ]),
  ]

  @Test(arguments: cases) func levelsAreThoseOfPillow(of test: Case) {
    let side = max(test.to.width, test.to.height)
    let preprocessing = ImagePreprocessing(
      resizing: .exact(height: test.to.height, width: test.to.width), filter: test.filter,
      rescaleFactor: nil, normalization: nil)
    var values = [Float](repeating: -1, count: 3 * side * side)
    preprocessing.pixels(
      of: formulaImage(width: test.from.width, height: test.from.height), size: side,
      into: &values)
    // The result stands in the middle of the square; what is beside it is black.
    let top = (side - test.to.height + 1) / 2
    let left = (side - test.to.width + 1) / 2
    var expected = [Float](repeating: 0, count: values.count)
    for y in 0..<test.to.height {
      for x in 0..<test.to.width {
        for channel in 0..<3 {
          expected[channel * side * side + (top + y) * side + left + x] =
            Float(test.pixels[3 * (y * test.to.width + x) + channel])
        }
      }
    }
    #expect(values == expected)
  }

  /// Every eighth pixel alone would be black.
  @Test func aPictureThatShrinksIsAveragedOverAllItsPixels() {
    let pixels = (0..<64 * 64).flatMap { index -> [UInt8] in
      let isDot = (3...4).contains(index % 8) && (3...4).contains(index / 64 % 8)
      return [UInt8](repeating: isDot ? 0 : 200, count: 3)
    }
    var values = [Float](repeating: 9, count: 3 * 8 * 8)
    pixelValues(of: Image(width: 64, height: 64, pixels: pixels), size: 8, into: &values)
    #expect(values.allSatisfy { $0 > 0.3 && $0 < 0.6 })
  }

  /// Sides of a photo at full size, and a strip: nothing but the result takes memory.
  @Test func extremeShapesAreResized() {
    for (width, height) in [(1, 20_000), (20_000, 1), (1, 1)] {
      let image = Image(
        width: width, height: height, pixels: [UInt8](repeating: 77, count: 3 * width * height))
      for resizing in [ImagePreprocessing.Resizing.encoder, .shortestEdge(8), .none] {
        let preprocessing = ImagePreprocessing(
          resizing: resizing, filter: .lanczos, rescaleFactor: nil, normalization: nil)
        var values = [Float](repeating: -1, count: 3 * 8 * 8)
        preprocessing.pixels(of: image, size: 8, into: &values)
        let seen: Set<Float> = resizing == .none ? [0, 77] : [77]
        #expect(Set(values) == seen)
      }
    }
  }
}

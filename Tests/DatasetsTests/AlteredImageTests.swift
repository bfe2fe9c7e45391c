import Artifacts
import Datasets
import Testing

@Suite struct AlteredImageTests {
  /// 3 × 2, all channels different everywhere.
  let image = Image(width: 3, height: 2, pixels: (0..<18).map { UInt8(60 + 7 * $0) })

  @Test func keepsTheSizeAndRepeatsForASeed() {
    var generator = SeededGenerator(seed: 1)
    var again = SeededGenerator(seed: 1)
    let altered = image.altered(using: &generator)
    #expect(altered.width == 3 && altered.height == 2)
    #expect(altered == image.altered(using: &again))
    #expect(altered != image.altered(using: &generator))
  }

  /// Every alteration is one order of the channels, one direction, one rising curve of levels.
  @Test func movesWholeChannelsAndRows() {
    var generator = SeededGenerator(seed: 2)
    var orders: Set<[Int]> = []
    var directions: Set<Bool> = []
    for _ in 0..<64 {
      let altered = image.altered(using: &generator).pixels
      let fits = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].flatMap {
        order in
        [false, true].filter { mirrored in
          var pairs: [(UInt8, UInt8)] = []
          for y in 0..<2 {
            for x in 0..<3 {
              for channel in 0..<3 {
                pairs.append(
                  (
                    image.pixels[3 * (y * 3 + (mirrored ? 2 - x : x)) + order[channel]],
                    altered[3 * (y * 3 + x) + channel]
                  ))
              }
            }
          }
          pairs.sort { $0.0 < $1.0 }
          return zip(pairs, pairs.dropFirst()).allSatisfy { $0.1 <= $1.1 }
        }.map { (order, $0) }
      }
      #expect(fits.count == 1)
      if let (order, mirrored) = fits.first {
        orders.insert(order)
        directions.insert(mirrored)
      }
    }
    #expect(orders.count == 6)
    #expect(directions.count == 2)
  }
}

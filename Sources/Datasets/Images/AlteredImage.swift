package import Artifacts

extension Image {
  /// A variant of the image that was never drawn: its colour channels in another order, its
  /// brightness and contrast moved, at random its mirror image.
  ///
  /// Red objects become green ones, and so on: what is shown and how it is coloured come apart, as
  /// in pictures that the data happen not to contain.
  package func altered(using generator: inout SeededGenerator) -> Image {
    let order = generator.permutation(3)
    let mirrored = generator.uniform() < 0.5
    let contrast = 0.85 + 0.3 * generator.uniform()
    let brightness = 30 * (generator.uniform() - 0.5)
    let levels = (0...255).map { level -> UInt8 in
      UInt8(min(255, max(0, (contrast * (Double(level) - 128) + 128 + brightness).rounded())))
    }
    var result = [UInt8](repeating: 0, count: pixels.count)
    for y in 0..<height {
      for x in 0..<width {
        let source = 3 * (y * width + (mirrored ? width - 1 - x : x))
        let target = 3 * (y * width + x)
        for channel in 0..<3 {
          result[target + channel] = levels[Int(pixels[source + order[channel]])]
        }
      }
    }
    return Image(width: width, height: height, pixels: result)
  }
}

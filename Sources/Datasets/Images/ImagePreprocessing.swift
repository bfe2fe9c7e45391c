/// How a picture becomes the input of a vision encoder: resized, cut to the encoder's square around its
/// centre, then x · rescale factor, then (x − mean) / standard deviation, channel by channel.
package struct ImagePreprocessing: Sendable, Equatable {
  package enum Resizing: Sendable, Equatable {
    /// Pictures keep their size.
    case none
    /// To the encoder's own square.
    case encoder
    case exact(height: Int, width: Int)
    /// The shorter side becomes this long, and the sides keep their ratio.
    case shortestEdge(Int)
  }

  /// Of red, green and blue, after rescaling.
  package struct Normalization: Sendable, Equatable {
    package var mean: SIMD3<Double>
    package var deviation: SIMD3<Double>

    package init(mean: SIMD3<Double>, deviation: SIMD3<Double>) {
      self.mean = mean
      self.deviation = deviation
    }
  }

  package var resizing: Resizing
  package var filter: ResamplingFilter
  /// Nil: levels stay 0 to 255.
  package var rescaleFactor: Double?
  /// Nil: rescaled levels are the input.
  package var normalization: Normalization?

  package init(
    resizing: Resizing, filter: ResamplingFilter, rescaleFactor: Double?,
    normalization: Normalization?
  ) {
    self.resizing = resizing
    self.filter = filter
    self.rescaleFactor = rescaleFactor
    self.normalization = normalization
  }

  /// To the encoder's square with the bilinear filter, then x / 127.5 − 1: what models that are trained
  /// here see, and what a folder without a preprocessor's file gets.
  package static let standard = ImagePreprocessing(
    resizing: .encoder, filter: .bilinear, rescaleFactor: 1 / 255,
    normalization: Normalization(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5]))

  /// Planar input of the encoder: three planes of `size` × `size`, rows top to bottom.
  ///
  /// - Parameter values: room for `3 · size · size` floats.
  package func pixels(of image: Image, size: Int, into values: UnsafeMutablePointer<Float>) {
    precondition(size > 0)
    let (height, width) = resizedSize(of: image, size: size)
    // The cut begins here in the resized picture; below zero where the picture is the smaller one.
    let top = (height - size) >> 1
    let left = (width - size) >> 1
    let rows = max(0, top)..<min(height, top + size)
    let columns = max(0, left)..<min(width, left + size)
    let isWhole =
      width == image.width && height == image.height && rows.count == height
      && columns.count == width
    let visible =
      isWhole
      ? image
      : image.resized(
        ResizedRegion(width: width, height: height, columns: columns, rows: rows), filter: filter)
    let levels = self.levels
    let plane = size * size
    if visible.width < size || visible.height < size {
      for channel in 0..<3 {
        for i in 0..<plane { values[channel * plane + i] = levels[256 * channel] }
      }
    }
    let corner = (rows.lowerBound - top) * size + columns.lowerBound - left
    visible.pixels.withUnsafeBufferPointer { pixels in
      levels.withUnsafeBufferPointer { levels in
        var source = 0
        for y in 0..<visible.height {
          let line = values + corner + y * size
          for x in 0..<visible.width {
            line[x] = levels[Int(pixels[source])]
            line[plane + x] = levels[256 + Int(pixels[source + 1])]
            line[2 * plane + x] = levels[512 + Int(pixels[source + 2])]
            source += 3
          }
        }
      }
    }
  }

  private func resizedSize(of image: Image, size: Int) -> (height: Int, width: Int) {
    switch resizing {
    case .none: return (image.height, image.width)
    case .encoder: return (size, size)
    case .exact(let height, let width): return (height, width)
    case .shortestEdge(let edge):
      let (short, long) = (min(image.width, image.height), max(image.width, image.height))
      let other = edge * long / short
      return image.width <= image.height ? (other, edge) : (edge, other)
    }
  }

  /// The input for each of 256 levels of red, then of green, then of blue.
  private var levels: [Float] {
    if rescaleFactor == Self.standard.rescaleFactor, normalization == Self.standard.normalization {
      // The arithmetic that models trained here have seen since their first step, to the last bit.
      let levels = (0..<256).map { Float($0) / 127.5 - 1 }
      return levels + levels + levels
    }
    return (0..<3).flatMap { channel in
      (0..<256).map { level in
        // In the precision and the order of Hugging Face's processors.
        let rescaled = Float(Double(level) * (rescaleFactor ?? 1))
        guard let normalization else { return rescaled }
        return (rescaled - Float(normalization.mean[channel]))
          / Float(normalization.deviation[channel])
      }
    }
  }
}

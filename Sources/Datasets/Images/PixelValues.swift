/// Planar float input of a vision encoder: three planes of `size` × `size`, x / 127.5 − 1.
///
/// The scale is Hugging Face's image mean 0.5 and standard deviation 0.5. An image of another size is
/// resized by bilinear interpolation between pixel centres, without smoothing when it shrinks.
/// - Parameter values: at least `3 · size · size` floats.
package func pixelValues(of image: Image, size: Int, into values: UnsafeMutablePointer<Float>) {
  precondition(size > 0)
  let plane = size * size
  if image.width == size && image.height == size {
    image.pixels.withUnsafeBufferPointer { pixels in
      for i in 0..<plane {
        for channel in 0..<3 {
          values[channel * plane + i] = Float(pixels[3 * i + channel]) / 127.5 - 1
        }
      }
    }
    return
  }
  let columns = positions(of: image.width, at: size)
  let rows = positions(of: image.height, at: size)
  image.pixels.withUnsafeBufferPointer { pixels in
    for (y, row) in rows.enumerated() {
      for (x, column) in columns.enumerated() {
        for channel in 0..<3 {
          func pixel(_ y: Int, _ x: Int) -> Float {
            Float(pixels[3 * (y * image.width + x) + channel])
          }
          let top =
            pixel(row.low, column.low) * (1 - column.weight)
            + pixel(row.low, column.high) * column.weight
          let bottom =
            pixel(row.high, column.low) * (1 - column.weight)
            + pixel(row.high, column.high) * column.weight
          let value = top * (1 - row.weight) + bottom * row.weight
          values[channel * plane + y * size + x] = value / 127.5 - 1
        }
      }
    }
  }
}

/// For every output position the two input positions around its centre and the weight of the second.
private func positions(of input: Int, at size: Int) -> [(low: Int, high: Int, weight: Float)] {
  (0..<size).map { index in
    let centre = (Float(index) + 0.5) * Float(input) / Float(size) - 0.5
    let clamped = min(max(centre, 0), Float(input - 1))
    let low = Int(clamped)
    return (low, min(low + 1, input - 1), clamped - Float(low))
  }
}

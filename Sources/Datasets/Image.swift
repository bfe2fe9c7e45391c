/// A picture of 8-bit RGB pixels.
package struct Image: Sendable, Equatable {
  package let width: Int
  package let height: Int
  /// RGB interleaved, rows top to bottom: `3 · width · height` bytes.
  package let pixels: [UInt8]

  package init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == 3 * width * height)
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}

import Artifacts

/// A square of RGB pixels being painted; everything outside it is cut off.
struct Canvas {
  let pixels: UnsafeMutableBufferPointer<UInt8>
  let side: Int

  func fill(_ box: Box, _ colour: Colour) {
    for y in max(0, box.y)..<max(0, min(side, box.y + box.height)) {
      for x in max(0, box.x)..<max(0, min(side, box.x + box.width)) { set(x, y, colour) }
    }
  }

  func fillDisc(x centreX: Int, y centreY: Int, radius: Int, _ colour: Colour) {
    for y in max(0, centreY - radius)..<max(0, min(side, centreY + radius + 1)) {
      for x in max(0, centreX - radius)..<max(0, min(side, centreX + radius + 1)) {
        let (dx, dy) = (x - centreX, y - centreY)
        if dx * dx + dy * dy <= radius * radius { set(x, y, colour) }
      }
    }
  }

  /// Two colours by an 8×8 mask that repeats, shifted by `phase` in both directions.
  func fill(mask: [Bool], phase: Int, light: Colour, dark: Colour) {
    for y in 0..<side {
      for x in 0..<side {
        set(x, y, mask[(y + phase) % 8 * 8 + (x + phase) % 8] ? dark : light)
      }
    }
  }

  /// A drawing with `cell` pixels per cell; empty cells leave what is there.
  func draw(_ bitmap: Bitmap, at origin: (x: Int, y: Int), cell: Int, ink: Colour, paper: Colour) {
    for row in 0..<bitmap.size {
      for column in 0..<bitmap.size {
        let kind = bitmap.cells[row * bitmap.size + column]
        guard kind != .empty else { continue }
        fill(
          Box(x: origin.x + column * cell, y: origin.y + row * cell, width: cell, height: cell),
          kind == .ink ? ink : paper)
      }
    }
  }

  /// Adds independent noise to every byte: triangular, mean 0, standard deviation `pixelNoise`.
  func addNoise(using generator: inout SeededGenerator) {
    Canvas.noise.withUnsafeBufferPointer { noise in
      var bits: UInt64 = 0
      for i in 0..<pixels.count {
        if i & 7 == 0 { bits = generator.next() }
        let value = Int16(pixels[i]) &+ noise[Int(bits & 255)]
        pixels[i] = UInt8(clamping: value)
        bits >>= 8
      }
    }
  }

  /// Sum of two uniform numbers of four bits, centred and scaled, by the byte that holds both.
  ///
  /// The sum of two uniform numbers 0 ... 15 has variance 2 · (16² − 1) / 12 = 42.5, 6.52².
  private static let noise: [Int16] = (0..<256).map { byte in
    let scaled = (byte & 15) + (byte >> 4) - 15
    return Int16(scaled * Difficulty.pixelNoise * 100 / 652)
  }

  private func set(_ x: Int, _ y: Int, _ colour: Colour) {
    let i = 3 * (y * side + x)
    pixels[i] = UInt8(truncatingIfNeeded: colour.red)
    pixels[i + 1] = UInt8(truncatingIfNeeded: colour.green)
    pixels[i + 2] = UInt8(truncatingIfNeeded: colour.blue)
  }
}

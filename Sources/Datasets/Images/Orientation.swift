/// How a camera was held: which corner of the stored picture is the top left one of what is meant.
///
/// Source: EXIF 2.32, tag 0x0112; TIFF 6.0 for the layout of the tags.
enum Orientation: Int, Sendable {
  case upright = 1
  case mirrored, upsideDown, flipped, transposed, turnedLeft, transverse, turnedRight

  /// The orientation in a TIFF structure as EXIF holds it; upright if there is none or it is damaged.
  init(tiff bytes: UnsafeRawBufferPointer) {
    self = Self.tag(in: bytes).flatMap(Self.init(rawValue:)) ?? .upright
  }

  private static func tag(in bytes: UnsafeRawBufferPointer) -> Int? {
    let isLittle: Bool
    if bytes.starts(with: [0x49, 0x49, 0x2a, 0]) {
      isLittle = true
    } else if bytes.starts(with: [0x4d, 0x4d, 0, 0x2a]) {
      isLittle = false
    } else {
      return nil
    }
    /// A number of two or four bytes; nil beyond the end.
    func number(at offset: Int, bytes count: Int) -> Int? {
      guard offset >= 0, offset <= bytes.count - count else { return nil }
      return (0..<count).reduce(0) { sum, i in
        sum << 8 | Int(bytes[offset + (isLittle ? count - 1 - i : i)])
      }
    }
    guard let directory = number(at: 4, bytes: 4), let count = number(at: directory, bytes: 2)
    else { return nil }
    for entry in 0..<count {
      let place = directory + 2 + 12 * entry
      guard let tag = number(at: place, bytes: 2) else { return nil }
      guard tag == 0x0112 else { continue }
      // One number of two bytes, at the front of its four.
      guard number(at: place + 2, bytes: 2) == 3, number(at: place + 4, bytes: 4) == 1 else {
        return nil
      }
      return number(at: place + 8, bytes: 2)
    }
    return nil
  }
}

extension Image {
  /// The picture as it is meant, from one that is stored in an orientation.
  func upright(from orientation: Orientation) -> Image {
    // Where the top left pixel is stored, and what one step right and one step down are there.
    let (right, bottom) = (width - 1, height - 1)
    let origin: (x: Int, y: Int)
    let isTurned: Bool
    switch orientation {
    case .upright: return self
    case .mirrored: (origin, isTurned) = ((right, 0), false)
    case .upsideDown: (origin, isTurned) = ((right, bottom), false)
    case .flipped: (origin, isTurned) = ((0, bottom), false)
    case .transposed: (origin, isTurned) = ((0, 0), true)
    case .turnedLeft: (origin, isTurned) = ((0, bottom), true)
    case .transverse: (origin, isTurned) = ((right, bottom), true)
    case .turnedRight: (origin, isTurned) = ((right, 0), true)
    }
    let stepX = 3 * (origin.x == 0 ? 1 : -1)
    let stepY = 3 * width * (origin.y == 0 ? 1 : -1)
    let (across, down) = isTurned ? (stepY, stepX) : (stepX, stepY)
    let (newWidth, newHeight) = isTurned ? (height, width) : (width, height)
    // A picture one pixel wide or high has both ends in one place; its steps there are never taken.
    let start = 3 * (origin.y * width + origin.x)
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { result, initialized in
      pixels.withUnsafeBufferPointer { pixels in
        var target = 0
        for y in 0..<newHeight {
          var source = start + y * down
          for _ in 0..<newWidth {
            for channel in 0..<3 { result[target + channel] = pixels[source + channel] }
            target += 3
            source += across
          }
        }
      }
      initialized = pixels.count
    }
    return Image(width: newWidth, height: newHeight, pixels: turned)
  }
}

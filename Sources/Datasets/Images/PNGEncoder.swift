package import Foundation

/// Writes 8-bit RGB images as PNG without compression: no library, and the same bytes everywhere.
///
/// Source: W3C, "Portable Network Graphics (PNG) Specification", second edition; RFC 1950 and 1951.
package func pngData(of image: Image) -> Data {
  var png = Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  // Eight bits, colour type 2 (RGB), deflate, standard filters, not interlaced.
  append(
    "IHDR", bigEndian(UInt32(image.width)) + bigEndian(UInt32(image.height)) + [8, 2, 0, 0, 0],
    to: &png)
  var rows: [UInt8] = []
  let stride = 3 * image.width
  rows.reserveCapacity(image.height * (stride + 1))
  for y in 0..<image.height {
    rows.append(0)
    rows.append(contentsOf: image.pixels[y * stride..<(y + 1) * stride])
  }
  append("IDAT", storedDeflate(rows), to: &png)
  append("IEND", [], to: &png)
  return png
}

private func append(_ type: String, _ content: [UInt8], to png: inout Data) {
  let body = Array(type.utf8) + content
  png.append(contentsOf: bigEndian(UInt32(content.count)))
  png.append(contentsOf: body)
  png.append(contentsOf: bigEndian(crc32(body)))
}

private func bigEndian(_ number: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
}

/// A zlib stream of stored blocks, at most 65,535 bytes each.
private func storedDeflate(_ bytes: [UInt8]) -> [UInt8] {
  var stream: [UInt8] = [0x78, 0x01]
  stream.reserveCapacity(bytes.count + bytes.count / 65_535 * 5 + 16)
  var start = 0
  repeat {
    let end = min(bytes.count, start + 65_535)
    let length = UInt16(end - start)
    stream.append(end == bytes.count ? 1 : 0)
    for half in [length, ~length] {
      stream.append(UInt8(half & 255))
      stream.append(UInt8(half >> 8))
    }
    stream.append(contentsOf: bytes[start..<end])
    start = end
  } while start < bytes.count
  return stream + bigEndian(adler32(bytes))
}

func adler32(_ bytes: [UInt8]) -> UInt32 {
  var (a, b): (UInt32, UInt32) = (1, 0)
  for byte in bytes {
    a = (a &+ UInt32(byte)) % 65_521
    b = (b &+ a) % 65_521
  }
  return b << 16 | a
}

func crc32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { crcTable[Int(($0 ^ UInt32($1)) & 255)] ^ ($0 >> 8) }
}

private let crcTable: [UInt32] = (0..<256).map { index in
  (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xedb8_8320 ^ (crc >> 1) : crc >> 1 }
}

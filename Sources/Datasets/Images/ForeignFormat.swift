/// Names of files that are no PNG and no JPEG, by their first bytes.
enum ForeignFormat {
  private static let beginnings: [(bytes: [UInt8], kind: String)] = [
    (Array("GIF8".utf8), "a GIF image"), (Array("BM".utf8), "a BMP image"),
    ([0x49, 0x49, 0x2a, 0], "a TIFF image"), ([0x4d, 0x4d, 0, 0x2a], "a TIFF image"),
    ([0x49, 0x49, 0x2b, 0], "a TIFF image"), ([0x4d, 0x4d, 0, 0x2b], "a TIFF image"),
    ([0xff, 0x0a], "a JPEG XL image"),
    ([0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20], "a JPEG XL image"),
    ([0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20], "a JPEG 2000 image"),
    ([0xff, 0x4f, 0xff, 0x51], "a JPEG 2000 image"), ([0, 0, 1, 0], "an ICO image"),
    (Array("8BPS".utf8), "a Photoshop document"), (Array("%PDF".utf8), "a PDF document"),
    (Array("qoif".utf8), "a QOI image"), ([0x8a, 0x4d, 0x4e, 0x47], "an MNG animation"),
  ]

  /// The kind in words, "a WebP image"; nil for bytes of no known format.
  static func kind(of bytes: UnsafeRawBufferPointer) -> String? {
    func text(_ range: Range<Int>) -> String {
      range.upperBound <= bytes.count ? String(decoding: bytes[range], as: UTF8.self) : ""
    }
    if text(0..<4) == "RIFF", text(8..<12) == "WEBP" { return "a WebP image" }
    if text(4..<8) == "ftyp" {
      let brand = text(8..<12)
      if brand.hasPrefix("avi") { return "an AVIF image" }
      if brand.hasPrefix("he") || ["mif1", "msf1"].contains(brand) { return "a HEIF image" }
      return "a video"
    }
    if text(0..<1) == "P", ("1"..."7").contains(text(1..<2)),
      text(2..<3).allSatisfy(\.isWhitespace)
    {
      return "a PNM image"
    }
    let start = text(0..<min(bytes.count, 256)).drop { $0.isWhitespace || $0 == "\u{feff}" }
    if start.hasPrefix("<svg") || start.hasPrefix("<?xml") { return "an SVG image" }
    return beginnings.first { bytes.starts(with: $0.bytes) }?.kind
  }

  /// Why bytes stand where a picture should; nil if nobody knows.
  static func substitute(_ bytes: UnsafeRawBufferPointer) -> String? {
    if bytes.isEmpty { return "an empty file" }
    if bytes.starts(with: "version https://git-lfs".utf8) {
      return "a pointer of Git LFS, not the picture, which git lfs pull brings"
    }
    return bytes.starts(with: "<!DOCTYPE html".utf8) || bytes.starts(with: "<html".utf8)
      ? "a web page" : nil
  }
}

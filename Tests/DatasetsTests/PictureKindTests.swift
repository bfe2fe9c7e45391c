import Datasets
import Foundation
import Storage
import TestSupport
import Testing

/// Pictures of a few pixels in every kind of PNG and JPEG, and what Pillow 13.0 makes of them.
///
/// They were written chunk by chunk or by Pillow; CMYK with luminance by TurboJPEG, the odd subsampling
/// by cjpeg. expected.json holds `ImageOps.exif_transpose` and Hugging Face's `convert_to_rgb`, but for
/// 16 bits of grey the high byte, which Pillow clips.
@Suite struct PictureKindTests {
  private let folder = fixtures(#filePath).appending(path: "pictures").path

  private func compare(ending: String, tolerance: Int) throws {
    var count = 0
    for (name, picture) in try JSONDocument(file: folder + "/expected.json").members
    where name.hasSuffix(ending) {
      count += 1
      let image = try loadImage(path: "\(folder)/\(name)")
      #expect(try image.width == picture.int("width"), "\(name)")
      #expect(try image.height == picture.int("height"), "\(name)")
      let differences = zip(image.pixels, try picture.ints("pixels")).map { abs(Int($0) - $1) }
      // Sixteen bits are composed with white before their low byte goes, not after.
      let allowed = name == "rgba16.png" ? 2 : tolerance
      #expect(differences.allSatisfy { $0 <= allowed }, "\(name): \(differences)")
    }
    #expect(count > 10)
  }

  @Test(.enabled(if: readableImageFormats.contains("PNG")))
  func everyKindOfPNG() throws { try compare(ending: ".png", tolerance: 0) }

  @Test(.enabled(if: readableImageFormats.contains("JPEG")))
  func everyKindOfJPEG() throws { try compare(ending: ".jpg", tolerance: 4) }

  @Test func otherFormatsAreNamed() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "picture")
    for (bytes, kind) in [
      (Array("RIFF\u{10}\0\0\0WEBPVP8 ".utf8), "a WebP image"),
      (Array("GIF89a".utf8), "a GIF image"),
      (Array("BM\0\0\0\0".utf8), "a BMP image"), (Array("II*\0\u{8}\0\0\0".utf8), "a TIFF image"),
      (Array("MM\0*\0\0\0\u{8}".utf8), "a TIFF image"),
      (Array("\0\0\0\u{1c}ftypavif\0\0\0\0".utf8), "an AVIF image"),
      (Array("\0\0\0\u{18}ftypheic\0\0\0\0".utf8), "a HEIF image"),
      (Array("P6\n1 1\n255\n".utf8), "a PNM image"), (Array("<svg xmlns=".utf8), "an SVG image"),
      ([0xff, 0x0a, 0, 0], "a JPEG XL image"),
    ] {
      try Data(bytes).write(to: url)
      let error = #expect(throws: DataError.self) { try loadImage(path: url.path) }
      #expect(error == .unsupportedImage(path: url.path, kind: kind))
      #expect(error?.description.contains("Convert it to PNG") == true)
    }
    try Data("version https://git-lfs.github.com/spec/v1\n".utf8).write(to: url)
    let error = #expect(throws: DataError.self) { try loadImage(path: url.path) }
    #expect(error?.description.contains("git lfs pull") == true)
  }

  /// A whole JPEG of a kind that no common decoder reads is not called damaged.
  @Test(.enabled(if: readableImageFormats.contains("JPEG")))
  func kindsOfJPEGThatAreNotReadAreNamed() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "picture.jpg")
    let whole = [UInt8](try Data(contentsOf: URL(filePath: "\(self.folder)/grey.jpg")))
    let frame = try #require(
      whole.indices.dropLast().first { whole[$0] == 0xff && whole[$0 + 1] == 0xc0 })
    for (offset, byte, kind) in [
      (1, 0xc3, "a lossless JPEG"), (1, 0xc5, "a hierarchical JPEG"),
      (4, 12, "a JPEG of 12 bits per sample"), (9, 2, "a JPEG of 2 channels"),
    ] as [(Int, UInt8, String)] {
      var bytes = whole
      bytes[frame + offset] = byte
      try Data(bytes).write(to: url)
      #expect(throws: DataError.unsupportedImage(path: url.path, kind: kind)) {
        try loadImage(path: url.path)
      }
    }
  }

  /// Damaged tags leave the picture upright, and no byte of a picture can end the program.
  @Test func damagedPicturesAreErrorsOrPictures() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "picture")
    var mutator = Mutator(seed: 5, stream: "pictures")
    var limits = DataLimits()
    limits.imagePixels = 10_000
    for name in [
      "turned6.jpg", "turned6-little.jpg", "cmyk.jpg", "turned6.png", "rgb16.png",
      "palette4-clear.png", "rgb8-interlaced.png",
    ] {
      let whole = [UInt8](try Data(contentsOf: URL(filePath: "\(self.folder)/\(name)")))
      for _ in 0..<150 {
        try Data(mutator.damage(whole)).write(to: url)
        do {
          let image = try loadImage(path: url.path, limits: limits)
          #expect(image.pixels.count == 3 * image.width * image.height)
        } catch is DataError {
        }
      }
    }
  }
}

/// JPEG through TurboJPEG's interface of functions that return error codes; grey, colour and CMYK.
///
/// Source: libjpeg-turbo, `turbojpeg.h`, TurboJPEG 2.
struct JPEGDecoder: Sendable {
  static let library = "libturbojpeg.so.0"
  static let package = "libturbojpeg0"
  /// Nil if TurboJPEG is not on this machine.
  static let shared = JPEGDecoder()

  private typealias Open = @convention(c) () -> UnsafeMutableRawPointer?
  private typealias Header =
    @convention(c) (
      UnsafeMutableRawPointer, UnsafeRawPointer, CUnsignedLong, UnsafeMutablePointer<CInt>,
      UnsafeMutablePointer<CInt>, UnsafeMutablePointer<CInt>, UnsafeMutablePointer<CInt>
    ) -> CInt
  private typealias Decompress =
    @convention(c) (
      UnsafeMutableRawPointer, UnsafeRawPointer, CUnsignedLong, UnsafeMutablePointer<UInt8>, CInt,
      CInt, CInt, CInt, CInt
    ) -> CInt
  private typealias Message = @convention(c) (UnsafeMutableRawPointer) -> UnsafePointer<CChar>?
  private typealias Close = @convention(c) (UnsafeMutableRawPointer) -> CInt

  private let open: Open
  private let header: Header
  private let decompress: Decompress
  private let message: Message
  private let close: Close

  private init?() {
    guard let library = DynamicLibrary(Self.library),
      let open = library.function("tjInitDecompress", as: Open.self),
      let header = library.function("tjDecompressHeader3", as: Header.self),
      let decompress = library.function("tjDecompress2", as: Decompress.self),
      let message = library.function("tjGetErrorStr2", as: Message.self),
      let close = library.function("tjDestroy", as: Close.self)
    else { return nil }
    self.open = open
    self.header = header
    self.decompress = decompress
    self.message = message
    self.close = close
  }

  /// TJPF_RGB and TJPF_CMYK.
  private static let formatRGB: CInt = 0
  private static let formatCMYK: CInt = 11

  func decode(_ bytes: UnsafeRawBufferPointer, path: String, maximumPixels: Int) throws(DataError)
    -> Image
  {
    let header = JPEGHeader(bytes)
    if let kind = header.unreadableKind { throw .unsupportedImage(path: path, kind: kind) }
    guard let base = bytes.baseAddress, let decoder = open() else {
      throw .badImage(path: path, reason: "no JPEG decoder could be opened on it")
    }
    defer { _ = close(decoder) }
    let count = CUnsignedLong(bytes.count)
    var width: CInt = 0
    var height: CInt = 0
    var subsampling: CInt = 0
    var colourSpace: CInt = 0
    if self.header(decoder, base, count, &width, &height, &subsampling, &colourSpace) != 0 {
      // It also fails for a subsampling that has no name in TurboJPEG and is decoded all the same.
      guard header.width > 0, header.height > 0 else { throw failure(decoder, header, path) }
      (width, height) = (CInt(header.width), CInt(header.height))
    }
    try checkSize(
      width: Int(width), height: Int(height), path: path, maximumPixels: maximumPixels)
    let isCMYK = header.channels == 4
    let channels = isCMYK ? 4 : 3
    var pixels = [UInt8](repeating: 0, count: channels * Int(width) * Int(height))
    let status = pixels.withUnsafeMutableBufferPointer { pixels in
      // A warning, such as a file that ends early, counts as an error too.
      pixels.baseAddress.map {
        decompress(
          decoder, base, count, $0, width, CInt(channels) * width, height,
          isCMYK ? Self.formatCMYK : Self.formatRGB, 0)
      }
    }
    guard status == 0 else { throw failure(decoder, header, path) }
    return Image(
      width: Int(width), height: Int(height), pixels: isCMYK ? Self.rgb(fromCMYK: pixels) : pixels
    ).upright(from: header.orientation)
  }

  /// Light that each ink and black let through. Files hold it so since Adobe's first, 255 for no ink,
  /// with or without Adobe's marker; Pillow takes them so too.
  private static func rgb(fromCMYK inks: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: inks.count / 4 * 3) { pixels, initialized in
      for i in 0..<inks.count / 4 {
        let black = Int(inks[4 * i + 3])
        for channel in 0..<3 {
          pixels[3 * i + channel] = UInt8((Int(inks[4 * i + channel]) * black + 127) / 255)
        }
      }
      initialized = inks.count / 4 * 3
    }
  }

  private func failure(
    _ decoder: UnsafeMutableRawPointer, _ header: JPEGHeader, _ path: String
  ) -> DataError {
    if header.isArithmetic {
      return .unsupportedImage(path: path, kind: "an arithmetic-coded JPEG")
    }
    let text = message(decoder).map { String(cString: $0) } ?? "unknown error"
    return .badImage(path: path, reason: "not a readable JPEG (\(text))")
  }
}

/// JPEG through TurboJPEG's interface of functions that return error codes.
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

  /// TJPF_RGB.
  private static let formatRGB: CInt = 0

  func decode(_ bytes: UnsafeRawBufferPointer, path: String, maximumPixels: Int) throws(DataError)
    -> Image
  {
    guard let base = bytes.baseAddress, let decoder = open() else {
      throw .badImage(path: path, reason: "no JPEG decoder could be opened on it")
    }
    defer { _ = close(decoder) }
    let count = CUnsignedLong(bytes.count)
    var width: CInt = 0
    var height: CInt = 0
    var subsampling: CInt = 0
    var colourSpace: CInt = 0
    guard header(decoder, base, count, &width, &height, &subsampling, &colourSpace) == 0 else {
      throw failure(decoder, path)
    }
    try checkSize(
      width: Int(width), height: Int(height), path: path, maximumPixels: maximumPixels)
    var pixels = [UInt8](repeating: 0, count: 3 * Int(width) * Int(height))
    let status = pixels.withUnsafeMutableBufferPointer { pixels in
      // A warning, such as a file that ends early, counts as an error too.
      pixels.baseAddress.map {
        decompress(decoder, base, count, $0, width, 3 * width, height, Self.formatRGB, 0)
      }
    }
    guard status == 0 else { throw failure(decoder, path) }
    return Image(width: Int(width), height: Int(height), pixels: pixels)
  }

  private func failure(_ decoder: UnsafeMutableRawPointer, _ path: String) -> DataError {
    let text = message(decoder).map { String(cString: $0) } ?? "unknown error"
    return .badImage(path: path, reason: "not a readable JPEG (\(text))")
  }
}

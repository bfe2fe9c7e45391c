/// PNG through libpng's simplified interface, which reports errors without long jumps into Swift.
///
/// Any PNG becomes 8-bit RGB; transparent pixels stand on white. Source: libpng manual, section
/// "The simplified API" (`png_image`, version 1).
struct PNGDecoder: Sendable {
  static let library = "libpng16.so.16"
  static let package = "libpng16-16"
  /// Nil if libpng is not on this machine.
  static let shared = PNGDecoder()

  private typealias Begin =
    @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> CInt
  private typealias Finish =
    @convention(c) (
      UnsafeMutableRawPointer, UnsafeRawPointer?, UnsafeMutableRawPointer, Int32,
      UnsafeMutableRawPointer?
    ) -> CInt
  private typealias Free = @convention(c) (UnsafeMutableRawPointer) -> Void

  private let begin: Begin
  private let finish: Finish
  private let free: Free

  private init?() {
    guard let library = DynamicLibrary(Self.library),
      let begin = library.function("png_image_begin_read_from_memory", as: Begin.self),
      let finish = library.function("png_image_finish_read", as: Finish.self),
      let free = library.function("png_image_free", as: Free.self)
    else { return nil }
    self.begin = begin
    self.finish = finish
    self.free = free
  }

  /// `png_image`: a pointer, seven 32-bit numbers and a message of 64 bytes.
  private enum Offset {
    static let version = 8
    static let width = 12
    static let height = 16
    static let format = 20
    static let message = 36
    static let size = 104
  }

  /// PNG_FORMAT_RGB: colour, no alpha, eight bits.
  private static let formatRGB: UInt32 = 2

  func decode(_ bytes: UnsafeRawBufferPointer, path: String, maximumPixels: Int) throws(DataError)
    -> Image
  {
    guard let base = bytes.baseAddress else { throw .badImage(path: path, reason: "empty file") }
    let control = UnsafeMutableRawPointer.allocate(byteCount: Offset.size, alignment: 16)
    control.initializeMemory(as: UInt8.self, repeating: 0, count: Offset.size)
    defer {
      free(control)
      control.deallocate()
    }
    control.storeBytes(of: 1, toByteOffset: Offset.version, as: UInt32.self)
    guard begin(control, base, bytes.count) != 0 else { throw failure(control, path) }
    let width = Int(control.load(fromByteOffset: Offset.width, as: UInt32.self))
    let height = Int(control.load(fromByteOffset: Offset.height, as: UInt32.self))
    try checkSize(width: width, height: height, path: path, maximumPixels: maximumPixels)
    control.storeBytes(of: Self.formatRGB, toByteOffset: Offset.format, as: UInt32.self)
    var pixels = [UInt8](repeating: 255, count: 3 * width * height)
    let white: [UInt8] = [255, 255, 255]
    let isRead = pixels.withUnsafeMutableBytes { pixels in
      white.withUnsafeBytes { white in
        pixels.baseAddress.map {
          finish(control, white.baseAddress, $0, Int32(3 * width), nil) != 0
        }
      }
    }
    guard isRead == true else { throw failure(control, path) }
    return Image(width: width, height: height, pixels: pixels)
  }

  private func failure(_ control: UnsafeMutableRawPointer, _ path: String) -> DataError {
    let message = UnsafeRawBufferPointer(start: control + Offset.message, count: 64)
    let text = String(decoding: message.prefix { $0 != 0 }, as: UTF8.self)
    return .badImage(path: path, reason: "not a readable PNG (\(text))")
  }
}

/// Dimensions that a decoder may allocate memory for.
func checkSize(width: Int, height: Int, path: String, maximumPixels: Int) throws(DataError) {
  guard width > 0, height > 0 else {
    throw .badImage(path: path, reason: "\(width)×\(height) pixels")
  }
  let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
  guard !overflow, pixels <= maximumPixels else {
    throw .tooLarge(path: path, what: "\(width)×\(height) pixels", limit: maximumPixels)
  }
}

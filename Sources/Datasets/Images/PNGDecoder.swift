/// PNG through libpng's simplified interface, which reports errors without long jumps into Swift.
///
/// Any PNG becomes 8-bit RGB: samples are those of the file, whatever gamma or profile it names, and of
/// 16 bits the high byte. Transparent pixels stand on white. Source: libpng manual, section "The
/// simplified API" (`png_image`, version 1).
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

  /// PNG_FORMAT_FLAG_ALPHA, _COLOR and _LINEAR, the last for samples of 16 bits.
  private enum Flag {
    static let alpha: UInt32 = 1
    static let colour: UInt32 = 2
    static let deep: UInt32 = 4
  }

  func decode(_ bytes: UnsafeRawBufferPointer, path: String, maximumPixels: Int) throws(DataError)
    -> Image
  {
    let chunks = PNGChunks(bytes)
    let result = (chunks.plain ?? []).withUnsafeBytes { plain in
      Result { () throws(DataError) in
        try samples(
          of: chunks.plain == nil ? bytes : plain, path: path, maximumPixels: maximumPixels)
      }
    }
    return try result.get().upright(from: chunks.orientation)
  }

  private func samples(
    of bytes: UnsafeRawBufferPointer, path: String, maximumPixels: Int
  ) throws(DataError) -> Image {
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
    // Asked for in the file's own depth, samples without a gamma stay what they are.
    var format = control.load(fromByteOffset: Offset.format, as: UInt32.self)
    format &= Flag.alpha | Flag.deep
    format |= Flag.colour
    control.storeBytes(of: format, toByteOffset: Offset.format, as: UInt32.self)
    let channels = format & Flag.alpha == 0 ? 3 : 4
    let isRead: Bool
    let pixels: [UInt8]
    if format & Flag.deep == 0 {
      (pixels, isRead) = read(control, UInt8.self, channels, width, height) { sample, alpha in
        let (sample, alpha) = (Int(sample), Int(alpha))
        return UInt8((sample * alpha + 255 * (255 - alpha) + 127) / 255)
      }
    } else {
      (pixels, isRead) = read(control, UInt16.self, channels, width, height) { sample, alpha in
        // Deep samples come multiplied by their alpha.
        let sum = min(65_535, Int(sample) + 65_535 - Int(alpha))
        return UInt8(sum >> 8)
      }
    }
    guard isRead else { throw failure(control, path) }
    return Image(width: width, height: height, pixels: pixels)
  }

  /// The picture in RGB, each sample made of the file's sample and alpha, which is full without one.
  private func read<Sample: FixedWidthInteger & UnsignedInteger>(
    _ control: UnsafeMutableRawPointer, _ type: Sample.Type, _ channels: Int, _ width: Int,
    _ height: Int, level: (Sample, Sample) -> UInt8
  ) -> (pixels: [UInt8], isRead: Bool) {
    var samples = [Sample](repeating: 0, count: channels * width * height)
    let isRead = samples.withUnsafeMutableBytes { samples in
      samples.baseAddress.map { finish(control, nil, $0, Int32(channels * width), nil) != 0 }
    }
    guard isRead == true else { return ([], false) }
    if channels == 3, let pixels = samples as? [UInt8] { return (pixels, true) }
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { pixels, initialized in
      for i in 0..<width * height {
        let alpha = channels == 3 ? Sample.max : samples[channels * i + 3]
        for channel in 0..<3 {
          pixels[3 * i + channel] = level(samples[channels * i + channel], alpha)
        }
      }
      initialized = 3 * width * height
    }
    return (pixels, true)
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

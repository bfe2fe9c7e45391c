/// What the segments before the picture's own data say. Source: ITU-T T.81, annex B.
struct JPEGHeader: Sendable {
  /// The process: the low four bits of the start-of-frame marker; nil if no frame starts.
  private(set) var process: Int?
  private(set) var bitsPerSample = 8
  private(set) var width = 0
  private(set) var height = 0
  private(set) var channels = 0
  private(set) var orientation = Orientation.upright

  init(_ bytes: UnsafeRawBufferPointer) {
    var place = 2
    var hasExif = false
    while place + 4 <= bytes.count, bytes[place] == 0xff {
      let marker = bytes[place + 1]
      // Fill bytes, and markers that stand alone.
      if marker == 0xff {
        place += 1
        continue
      }
      if marker == 0x01 || (0xd0...0xd8).contains(marker) {
        place += 2
        continue
      }
      if marker == 0xda || marker == 0xd9 { return }
      let length = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
      guard length >= 2, place + 2 + length <= bytes.count else { return }
      let content = UnsafeRawBufferPointer(rebasing: bytes[place + 4..<place + 2 + length])
      switch marker {
      case 0xe1 where !hasExif && content.starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0]):
        hasExif = true
        orientation = Orientation(tiff: UnsafeRawBufferPointer(rebasing: content[6...]))
      case 0xc0...0xcf where ![0xc4, 0xc8, 0xcc].contains(marker) && content.count >= 6:
        process = Int(marker & 15)
        bitsPerSample = Int(content[0])
        height = Int(content[1]) << 8 | Int(content[2])
        width = Int(content[3]) << 8 | Int(content[4])
        channels = Int(content[5])
      default: break
      }
      place += 2 + length
    }
  }

  /// A kind of JPEG that no common decoder reads, in words; nil for the others.
  var unreadableKind: String? {
    guard let process else { return nil }
    if [3, 11].contains(process) { return "a lossless JPEG" }
    if process > 4, ![9, 10].contains(process) { return "a hierarchical JPEG" }
    if bitsPerSample != 8 { return "a JPEG of \(bitsPerSample) bits per sample" }
    if ![1, 3, 4].contains(channels) { return "a JPEG of \(channels) channels" }
    return nil
  }

  var isArithmetic: Bool { process == 9 || process == 10 }
}

/// The chunks of a PNG file, before anything is decoded. Source: W3C, "Portable Network Graphics (PNG)
/// Specification", third edition.
struct PNGChunks {
  private(set) var orientation = Orientation.upright
  /// The file without what could alter samples on their way, such as a gamma; nil if nothing is there to
  /// leave out.
  private(set) var plain: [UInt8]?

  /// Chunks of file bytes; what does not look like a chunk stays as it is, for the decoder to refuse.
  init(_ bytes: UnsafeRawBufferPointer) {
    let tooMany = 1 << 20
    var kept: [Range<Int>] = [0..<min(8, bytes.count)]
    var isPlain = true
    var place = 8
    for _ in 0..<tooMany where place + 12 <= bytes.count {
      let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = place + 12 + length
      guard end <= bytes.count else { break }
      let type = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
      if type == "eXIf" {
        let content = bytes[place + 8..<place + 8 + length]
        orientation = Orientation(tiff: UnsafeRawBufferPointer(rebasing: content))
      }
      // A small letter first: a chunk that is not needed to show the picture.
      if bytes[place + 4] & 0x20 == 0 || type == "tRNS" {
        kept.append(place..<end)
      } else {
        isPlain = false
      }
      place = end
      if type == "IEND" { break }
    }
    guard !isPlain else { return }
    kept.append(place..<bytes.count)
    plain = kept.flatMap { bytes[$0] }
  }
}

/// Bytes of the mark that some editors put in front of UTF-8: three, or none.
package func byteOrderMarkLength(of bytes: UnsafeRawBufferPointer) -> Int {
  bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
}

/// The encoding of a text that is not UTF-8 but one of two bytes a character; nil for others.
///
/// Without a mark it is known by the zero bytes around its first character.
func wideEncoding(of bytes: UnsafeRawBufferPointer) -> String? {
  guard bytes.count >= 2 else { return nil }
  let hasMark = bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
  return hasMark || (bytes[0] == 0) != (bytes[1] == 0) ? "UTF-16" : nil
}

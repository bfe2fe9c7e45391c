import Datasets
import Foundation
import TestSupport
import Testing

/// Normal form C through the Qwen 2 fixture, of which it is the first step.
@Suite struct CanonicalCompositionTests {
  let tokenizer: BytePairTokenizer

  init() throws {
    tokenizer = try BytePairTokenizer(
      folder: fixtures(#filePath).appending(path: "tokenizer-qwen2").path, specials: .unknown)
  }

  private func composed(_ text: String) -> [UInt32] {
    tokenizer.decode(tokenizer.encode(text)).unicodeScalars.map(\.value)
  }

  /// Expected forms are those of Hugging Face's `tokenizers`.
  @Test(arguments: [
    ("e\u{301}", [0xe9]),
    ("\u{212b}", [0xc5]),
    // The mark below comes first, and both join.
    ("a\u{302}\u{323}", [0x1ead]),
    // Blocked by a mark of the same class.
    ("a\u{30d}\u{301}", [0x61, 0x30d, 0x301]),
    ("\u{1112}\u{1161}\u{11ab}", [0xd55c]),
    ("\u{d558}\u{11a7}", [0xd558, 0x11a7]),
    // Never composed.
    ("\u{958}", [0x915, 0x93c]),
    ("\u{fb1d}", [0x5d9, 0x5b4]),
    ("\u{f73}\u{f73}", [0xf71, 0xf71, 0xf72, 0xf72]),
    // Younger than Unicode 9: neither sorted nor composed.
    ("q\u{c3c}\u{334}", [0x71, 0xc3c, 0x334]),
    ("\u{11935}\u{11930}", [0x11935, 0x11930]),
  ])
  func textIsComposed(text: String, expected: [UInt32]) {
    #expect(composed(text) == expected)
  }

  /// Where Foundation is right, which is nearly everywhere, both agree.
  @Test func agreesWithFoundationOnSingleCharacters() {
    for value: UInt32 in 0xa0...0x2fff {
      guard let scalar = Unicode.Scalar(value), (scalar.properties.age?.major ?? 99) <= 9 else {
        continue
      }
      let text = String(scalar) + "\u{301}"
      let expected = text.precomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
      #expect(composed(text) == expected, "\(String(value, radix: 16))")
    }
  }
}

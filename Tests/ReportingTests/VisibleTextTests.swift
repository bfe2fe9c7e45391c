import Foundation
import Reporting
import Testing

@Suite struct VisibleTextTests {
  /// Escape, bell, carriage return, backspace, delete, C1's CSI and NEL, a bidirectional override and
  /// isolate, the separators.
  static let steering: [UInt32] = [
    0x1B, 0x07, 0x0D, 0x08, 0x00, 0x7F, 0x80, 0x85, 0x9B, 0x9F, 0x061C, 0x200E, 0x202A, 0x202E,
    0x2066, 0x2069, 0x2028, 0x2029,
  ]

  @Test(arguments: steering) func whatSteersATerminalIsSpelledOut(_ value: UInt32) throws {
    let scalar = try #require(Unicode.Scalar(value))
    let text = "name\(Character(scalar))[31m"
    let escaped = "name\\u{\(String(value, radix: 16, uppercase: true))}[31m"
    #expect(text.visible() == escaped)
    #expect(text.visible(keepingLines: true) == escaped)
    // A second pass, as where a table is printed, changes nothing.
    #expect(escaped.visible() == escaped)
  }

  @Test func lineFeedsStayOnlyWhereLinesAreMeant() {
    #expect("a\nb\tc".visible() == "a\\u{A}b\\u{9}c")
    #expect("a\nb\r\nc".visible(keepingLines: true) == "a\nb\\u{D}\nc")
  }

  @Test(arguments: ["", "Maße × 2 – 5 µJ", "日本語", "שלום", "e\u{301}", "👩‍👩‍👧", "a\u{A0}b"])
  func textOfAnyLanguageStays(_ text: String) {
    #expect(text.visible() == text)
    #expect(text.visibleJSON == text)
  }

  @Test func jsonStaysTheSameValue() throws {
    let all = String(String.UnicodeScalarView((0..<0x2100).compactMap(Unicode.Scalar.init)))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .prettyPrinted
    let document = String(decoding: try encoder.encode(["name": all]), as: UTF8.self)
    let safe = document.visibleJSON
    #expect(safe != document)
    #expect(safe.contains("\\u009B") && safe.contains("\\u202E") && safe.contains("\\u007F"))
    #expect(
      !safe.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
    #expect(try JSONDecoder().decode([String: String].self, from: Data(safe.utf8)) == ["name": all])
  }
}

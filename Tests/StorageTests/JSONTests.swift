import Foundation
import Storage
import TestSupport
import Testing

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSONValue {
    try JSONValue.parse(Data(text.utf8), path: "test.json")
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "[1 2]", "01", "-", "1.", ".5", "1e",
    "+1", "1e999", "-1e999", "NaN", "Infinity", "nul", "tru", "True", "\"", "\"\\x\"", "\"\\u12\"",
    "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "\"\u{0}\"", "1 2", "{}{}",
    "\u{FEFF}", "\u{FEFF}\u{FEFF}{}", "{}\u{FEFF}", "{}\u{0}", "// c\n1", "'a'",
    "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
    "[{\"b\":{\"x\":1,\"y\":2,\"x\":3}}]", "{\"a\":null,\"a\":null}", "]", "[1}", "\u{A0}1",
  ]) func refused(text: String) {
    #expect {
      try parse(text)
    } throws: { error in
      guard case StorageError.malformed("test.json", let field, _) = error else { return false }
      return field.hasPrefix("byte ")
    }
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22], [0xFF, 0xFE, 0x31, 0x00],
      [0x22, 0x5C, 0x6E, 0xFF, 0x22],
    ] as [[UInt8]]) func bytesThatAreNotUTF8AreRefused(bytes: [UInt8])
  {
    #expect(throws: StorageError.self) { try JSONValue.parse(Data(bytes), path: "t") }
  }

  @Test func aByteOrderMarkInFrontIsSkipped() throws {
    #expect(try parse("\u{FEFF} {\"a\": 1}") == parse("{\"a\": 1}"))
    // Places in the file count the mark.
    let error = #expect(throws: StorageError.self) { try parse("\u{FEFF}[1,]") }
    #expect(error?.description.contains("byte 6") == true)
  }

  @Test func sixteenBitTextIsNamed() throws {
    for bytes in [[0xFF, 0xFE, 0x7B, 0x00], [0xFE, 0xFF, 0x00, 0x7B], [0x7B, 0], [0, 0x7B]]
      as [[UInt8]]
    {
      let error = #expect(throws: StorageError.self) { try JSONValue.parse(Data(bytes), path: "t") }
      #expect(error?.description.contains("UTF-16; save it as UTF-8") == true)
    }
  }

  @Test func numbersKeepTheirKind() throws {
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("-9223372036854775808") == .integer(.min))
    #expect(try parse("9007199254740993") == .integer(9_007_199_254_740_993))
    #expect(try parse("1000000000000000019884624838656") == .number(1e30))
    #expect(try parse("1.0") == .number(1))
    #expect(try parse("1e-05") == .number(1e-5))
    guard case .number(let zero) = try parse("-0") else { throw NotANumber() }
    #expect(zero.sign == .minus)
  }

  private struct NotANumber: Error {}

  @Test func escapesAndSurrogatePairs() throws {
    #expect(
      try parse(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#)
        == .string("\"\\/\u{8}\u{C}\n\r\té😀é"))
  }

  @Test func keysAreComparedByBytes() throws {
    // Precomposed and decomposed é are equal as Swift strings.
    let document = try JSONDocument(
      data: Data("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8), path: "t")
    #expect(try document.int("\u{E9}") == 1)
    #expect(try document.int("e\u{301}") == 2)
  }

  @Test func nestingEndsAtSixtyFour() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try parse(nested(64))
    #expect(throws: StorageError.self) { try parse(nested(65)) }
    #expect(throws: StorageError.self) { try parse(nested(100_000)) }
    #expect(throws: StorageError.self) { try parse(String(repeating: "{\"a\":", count: 100_000)) }
  }

  @Test func largeObjectsFindTheirKeysAndDuplicates() throws {
    let members = (0..<5000).map { "\"k\($0)\":\($0)" }
    let document = try JSONDocument(
      data: Data("{\(members.joined(separator: ","))}".utf8), path: "t")
    #expect(try document.int("k4321") == 4321)
    #expect(throws: StorageError.self) {
      try parse("{\(members.joined(separator: ",")),\"k17\":0}")
    }
  }

  @Test func fieldsAreNamedWithTheirPath() throws {
    let document = try JSONDocument(
      data: Data(
        #"{"text_config":{"hidden_size":64,"eps":1e-5,"n":null,"list":[1,"x"]},"ok":true}"#.utf8),
      path: "config.json")
    #expect(try document.int("text_config.hidden_size") == 64)
    #expect(try document.double("text_config.hidden_size") == 64)
    #expect(try document.double("text_config.eps") == 1e-5)
    #expect(try document.bool("ok"))
    #expect(try document.optionalInt("text_config.n") == nil)
    #expect(try document.int("text_config.absent", default: 3) == 3)
    #expect(try document.string("absent.deeper", default: "x") == "x")
    #expect(!document.contains("text_config.n") && document.contains("text_config.list"))
    #expect(throws: StorageError.missingField(path: "config.json", field: "text_config.layers")) {
      try document.required("text_config").int("layers")
    }
    #expect {
      try document.ints("text_config.list")
    } throws: {
      String(describing: $0).contains("config.json: text_config.list.1: expected an integer")
    }
    #expect(throws: StorageError.self) { try document.int("text_config.eps", default: 1) }
    #expect(throws: StorageError.self) { try document.int("ok.deeper") }
  }

  @Test func writingIsDeterministicAndReadsBack() throws {
    let value = try parse(
      #"{"b":[1,2.5,-0.0,1e-300,null,true],"a":{"é\n\"":"\u0001"},"c":{},"d":[]}"#)
    #expect(try parse(text(value.serialized())) == value)
    #expect(try parse(text(value.serialized(indented: true))) == value)
    #expect(
      try text(value.serialized(keys: .sorted))
        == #"{"a":{"é\u000a\"":"\u0001"},"b":[1,2.5,-0.0,1e-300,null,true],"c":{},"d":[]}"#)
    #expect(
      try text(JSONValue.object(["a": [.integer(1)].asArray]).serialized(indented: true))
        == "{\n  \"a\": [\n    1\n  ]\n}\n")
    #expect(throws: StorageError.self) { try JSONValue.number(.nan).serialized() }
  }

  private func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }
}

extension [JSONValue] {
  fileprivate var asArray: JSONValue { .array(self) }
}

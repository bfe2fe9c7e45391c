import Datasets
import Foundation
import Storage
import TestSupport
import Testing

/// `tokenizer.json` beyond its vocabulary. Expected ids are those of Hugging Face's `tokenizers` 0.23.
@Suite struct TokenizerPipelineTests {
  let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  /// The GPT-2 fixture with parts of its text replaced; each part must be there.
  private func tokenizer(_ replacements: (String, String)..., fixture: String = "tokenizer-gpt2")
    throws -> BytePairTokenizer
  {
    let path = fixtures(#filePath).appending(path: "\(fixture)/tokenizer.json").path
    var value = try JSONValue.parse(file: path).serialized()
    var text = String(decoding: value, as: UTF8.self)
    for (old, new) in replacements {
      #expect(text.contains(old), "\(old)")
      text = text.replacingOccurrences(of: old, with: new)
    }
    value = Data(text.utf8)
    try value.write(to: scratch.url.appending(path: "tokenizer.json"))
    return try BytePairTokenizer(folder: scratch.path, specials: .unknown)
  }

  private func adding(_ content: String, _ flags: String...) -> (String, String) {
    func flag(_ name: String) -> String { "\"\(name)\":\(flags.contains(name))" }
    let names = ["single_word", "lstrip", "rstrip", "normalized", "special"].map(flag)
    return (
      "\"added_tokens\":[",
      "\"added_tokens\":[{\"id\":900,\"content\":\"\(content)\",\(names.joined(separator: ","))},"
    )
  }

  @Test func specialTokensAreReadOnlyOnRequest() throws {
    let tokenizer = try tokenizer()
    #expect(tokenizer.encodeWithSpecials("x<image> y") == [1, 90, 2, 223, 91])
    #expect(!tokenizer.encode("x<image></s> y").contains { $0 < 3 })
    #expect(tokenizer.decode([1, 90, 2, 223, 91]) == "x y")
    #expect(tokenizer.decode([1, 90, 2, 223, 91], namingSpecials: true) == "</s>x<image> y")
  }

  /// A merge table that spells a special token must not let a question do so.
  @Test func noMergeMakesASpecialToken() throws {
    let tokenizer = try tokenizer(
      (#""<image>""#, #""at""#), (#""at":259,"#, #""#), (#""at":2"#, #""at":2"#))
    #expect(tokenizer.encodeWithSpecials("cat") == [1, 69, 2])
    #expect(tokenizer.encode("cat") == [69, 67, 86])
  }

  @Test func addedTokensAreNumberedOnFromTheVocabulary() throws {
    let tokenizer = try tokenizer(adding("<foo>"))
    #expect(tokenizer.encodeWithSpecials("a<foo>b") == [1, 67, 420, 68])
    // An ordinary added token is text, also in data.
    #expect(tokenizer.encode("a<foo>b") == [67, 420, 68])
  }

  @Test func addedTokensTakeWhiteSpaceAlong() throws {
    let tokenizer = try tokenizer(adding("<m>", "lstrip", "rstrip"))
    #expect(
      tokenizer.encodeWithSpecials("a  <m>  <m>\n b<m>") == [1, 67, 420, 420, 68, 420])
  }

  @Test func singleWordsAreNotFoundInsideWords() throws {
    let tokenizer = try tokenizer(adding("foo", "single_word"))
    let ids = tokenizer.encodeWithSpecials("foo afoo foob foo_ (foo) foo")
    #expect(
      ids == [
        1, 420, 290, 72, 81, 81, 223, 72, 81, 81, 68, 223, 72, 81, 81, 65, 223, 10, 420, 11, 223,
        420,
      ])
  }

  @Test func normalizedTokensAreFoundInComposedText() throws {
    let tokenizer = try tokenizer(
      adding("e\u{301}x", "normalized"),
      ("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFC\"}"))
    #expect(
      tokenizer.encodeWithSpecials("a e\u{301}x \u{e9}x") == [1, 67, 223, 420, 223, 420])
  }

  @Test func aPrefixSpaceComesBeforeEachText() throws {
    let tokenizer = try tokenizer(
      (
        #""pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false"#,
        #""pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true"#
      ))
    #expect(tokenizer.encodeWithSpecials("") == [1])
    #expect(tokenizer.encodeWithSpecials("a<image>b") == [1, 290, 2, 287])
    #expect(tokenizer.encodeWithSpecials("\ta") == [1, 223, 200, 67])
  }

  @Test func templatesPutTokensAround() throws {
    let roberta = #"{"type":"RobertaProcessing","sep":["</s>",1],"cls":["<pad>",0]}"#
    let path = fixtures(#filePath).appending(path: "tokenizer-gpt2/tokenizer.json").path
    let written = try #require(
      try JSONDocument(file: path).optional("post_processor")?.value.serialized())
    let template = String(decoding: written, as: UTF8.self)
    #expect(try tokenizer((template, roberta)).encodeWithSpecials("cat") == [0, 69, 259, 1])
    #expect(try tokenizer((template, "null")).encodeWithSpecials("cat") == [69, 259])
    let sequence = #"{"type":"Sequence","processors":[{"type":"ByteLevel"},\#(template)]}"#
    #expect(try tokenizer((template, sequence)).encodeWithSpecials("cat") == [1, 69, 259])
    #expect(throws: TokenizerError.self) {
      try tokenizer((template, #"{"type":"Sequence","processors":[\#(template),\#(template)]}"#))
    }
  }

  @Test func aWordOfTheVocabularyMayBypassTheMerges() throws {
    // Without the merge of a and t, "at" is one token only where merges are ignored for it.
    let merge = (#"["a","t"],"#, "")
    #expect(try tokenizer(merge).encodeWithSpecials("at cat").contains(259) == false)
    let bypass = (#""ignore_merges":false"#, #""ignore_merges":true"#)
    #expect(try tokenizer(merge, bypass).encodeWithSpecials("at cat").first { $0 > 1 } == 259)
  }

  @Test func digitsFallIntoGroupsAsTheSplitSays() {
    let text = "It'LL cost 12345 €\r\n\n ok"
    #expect(
      WordSplit.gpt2.words(of: text) == [
        "It", "'", "LL", " cost", " 12345", " €", "\r\n\n", " ok",
      ])
    #expect(
      WordSplit.qwen2.words(of: text) == [
        "It", "'LL", " cost", " ", "1", "2", "3", "4", "5", " €\r\n\n", " ok",
      ])
    #expect(
      WordSplit.llama3.words(of: text) == [
        "It", "'LL", " cost", " ", "123", "45", " €\r\n\n", " ok",
      ])
    #expect(WordSplit.whole.words(of: text) == [text])
  }

  @Test func unknownStepsAreRefusedByName() throws {
    let cases: [(String, String, field: String)] = [
      (#""normalizer":null"#, #""normalizer":{"type":"Lowercase"}"#, "normalizer"),
      (#""type":"BPE""#, #""type":"Unigram""#, "model.type"),
      (#""byte_fallback":false"#, #""byte_fallback":true"#, "model.byte_fallback"),
      (#""dropout":null"#, #""dropout":0.1"#, "model.dropout"),
      (
        #""end_of_word_suffix":null"#, #""end_of_word_suffix":"</w>""#, "model.end_of_word_suffix"
      ),
      (#""decoder":{"type":"ByteLevel""#, #""decoder":{"type":"Metaspace""#, "decoder"),
      (
        #""pre_tokenizer":{"type":"ByteLevel""#, #""pre_tokenizer":{"type":"Metaspace""#,
        "pre_tokenizer"
      ),
    ]
    for (old, new, field) in cases {
      let error = #expect(throws: TokenizerError.self) { try tokenizer((old, new)) }
      let text = error.map(String.init(describing:)) ?? ""
      #expect(text.contains("tokenizer.json: \(field): "), "\(text)")
      #expect(text.contains("Use a checkpoint whose tokenizer has here"), "\(text)")
    }
    let error = #expect(throws: TokenizerError.self) {
      try tokenizer((#"|\\p{N}|"#, #"|\\p{N}{1,4}|"#), fixture: "tokenizer-qwen2")
    }
    #expect(
      error.map(String.init(describing:))?.contains(
        "pre_tokenizer.pretokenizers.0.pattern.Regex") == true)
  }

  /// Takes hours where each merge looks at the whole word.
  @Test func aWordOfAMillionLettersIsFast() throws {
    let tokenizer = try tokenizer(fixture: "tokenizer-qwen2")
    let start = ContinuousClock.now
    for unit in ["at", "e\u{301}\u{323}", " \n", "<"] {
      let text = String(repeating: unit, count: 500_000)
      let tokens = tokenizer.encodeWithSpecials(text)
      #expect(!tokens.isEmpty)
    }
    #expect(ContinuousClock.now - start < .seconds(30))
  }
}

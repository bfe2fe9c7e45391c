import Datasets
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct TokenizerFileTests {
  /// Texts, ids and decoded texts of Hugging Face's `tokenizers` 0.23, special tokens in the text too.
  @Test(arguments: ["tokenizer-gpt2", "tokenizer-qwen2"])
  func agreesWithTheTokenizersLibrary(name: String) throws {
    let folder = fixtures(#filePath).appending(path: name).path
    let tokenizer = try BytePairTokenizer(folder: folder, specials: .unknown)
    let result = try tokenizer.compare(withGolden: JSONDocument(file: folder + "/golden.json"))
    #expect(result.entries == 136)
    #expect(result.agreeing == 136, "\(String(describing: result.firstDifference))")
    #expect(result.passes)
  }

  @Test func anEntryThatDiffersIsShown() throws {
    let folder = fixtures(#filePath).appending(path: "tokenizer-gpt2").path
    let tokenizer = try BytePairTokenizer(folder: folder, specials: .unknown)
    let golden = #"[{"text": "a", "ids": [1, 67], "decoded": "</s>a"}, "#
    for wrong in [
      #"{"text": "b", "ids": [1, 67], "decoded": "</s>a"}]"#,
      #"{"text": "a", "ids": [1, 67], "decoded": "a"}]"#,
    ] {
      let result = try tokenizer.compare(
        withGolden: JSONDocument(data: Data((golden + wrong).utf8), path: "golden.json"))
      #expect(!result.passes && result.entries == 2 && result.agreeing == 1)
      #expect(result.firstDifference?.entry == 1)
    }
    #expect(throws: StorageError.self) {
      try tokenizer.compare(withGolden: JSONDocument(data: Data("[]".utf8), path: "golden.json"))
    }
  }

  @Test func writtenFilesGiveTheSameTokenizer() throws {
    let folder = try TemporaryFolder()
    let tokenizer = EmbeddedData.tokenizer
    try tokenizer.write(to: folder.path)
    let question = "Which color fills the background here?"
    let expected = tokenizer.encodePrompt(question)
    for removed in ["", "tokenizer.json"] {
      if !removed.isEmpty {
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(removed)")
      }
      let read = try BytePairTokenizer(folder: folder.path)
      #expect(read.pieces == tokenizer.pieces)
      #expect(read.merges == tokenizer.merges)
      #expect(read.specials == tokenizer.specials)
      #expect(read.encodePrompt(question) == expected)
      #expect(read.specialTokens.map(\.id) == tokenizer.specialTokens.map(\.id))
    }
  }

  /// What is written keeps normalizer, split, template and added tokens of what was read.
  @Test(arguments: ["tokenizer-gpt2", "tokenizer-qwen2"])
  func aWrittenTokenizerKeepsItsPipeline(name: String) throws {
    let source = fixtures(#filePath).appending(path: name).path
    let tokenizer = try BytePairTokenizer(folder: source, specials: .unknown)
    let folder = try TemporaryFolder()
    try tokenizer.write(to: folder.path)
    let read = try BytePairTokenizer(folder: folder.path, specials: .unknown)
    #expect(read.pipeline == tokenizer.pipeline)
    #expect(
      try read.compare(withGolden: JSONDocument(file: source + "/golden.json")).agreeing == 136)
  }

  @Test func brokenFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    try EmbeddedData.tokenizer.write(to: folder.path)
    try FileManager.default.removeItem(atPath: "\(folder.path)/tokenizer.json")
    let merges = "\(folder.path)/merges.txt"
    try AtomicFile.write(Data("#version: 0.2\nno-space-here\n".utf8), to: merges)
    #expect(throws: StorageError.self) {
      try BytePairTokenizer(folder: folder.path, specials: .init())
    }
    try AtomicFile.write(Data("q zz\n".utf8), to: merges)
    #expect(throws: TokenizerError.self) {
      try BytePairTokenizer(folder: folder.path, specials: .init())
    }
    try AtomicFile.write(Data("".utf8), to: merges)
    for vocabulary in [
      #"{"a": 0}"#, #"{"a": -1}"#, #"{"a": 0, "b": 0}"#, #"{"a": 9000000000000}"#,
      #"{"a": 9223372036854775807}"#,
    ] {
      try AtomicFile.write(Data(vocabulary.utf8), to: "\(folder.path)/vocab.json")
      #expect(throws: TokenizerError.self) {
        try BytePairTokenizer(folder: folder.path, specials: .init())
      }
    }
  }
}

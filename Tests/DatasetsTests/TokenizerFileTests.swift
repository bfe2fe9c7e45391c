import Datasets
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct TokenizerFileTests {
  /// Texts, ids and decoded texts of Hugging Face's `tokenizers` 0.23.
  @Test func agreesWithTheTokenizersLibrary() throws {
    let folder = fixtures(#filePath).appending(path: "tokenizer-gpt2").path
    let tokenizer = try BytePairTokenizer(
      folder: folder, specials: .init(beginOfText: 1, padding: 0, endOfText: 1))
    #expect(tokenizer.specials.image == 2)
    let golden = try JSONDocument(file: folder + "/golden.json").elements
    #expect(golden.count > 20)
    let bare = PromptFormat(
      beforeQuestion: "", afterQuestion: "", beforeAnswer: "", startsWithBeginOfText: true)
    for entry in golden {
      let text = try entry.string("text")
      let ids = try entry.ints("ids").map { Int32($0) }
      // That library reads special tokens from text; here no text can spell one.
      if ids.dropFirst().contains(where: { $0 < 3 }) { continue }
      #expect(tokenizer.encodePrompt(text, format: bare) == ids)
      #expect(tokenizer.decode(ids) == text)
    }
  }

  @Test func writtenFilesGiveTheSameTokenizer() throws {
    let folder = try TemporaryFolder()
    let tokenizer = EmbeddedData.tokenizer
    try tokenizer.write(to: folder.path)
    let question = "Which color fills the background here?"
    let expected = tokenizer.encodePrompt(question)
    for removed in ["", "vocab.json"] {
      if !removed.isEmpty {
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(removed)")
      }
      let read = try BytePairTokenizer(folder: folder.path)
      #expect(read.pieces == tokenizer.pieces)
      #expect(read.merges == tokenizer.merges)
      #expect(read.specials == tokenizer.specials)
      #expect(read.encodePrompt(question) == expected)
    }
  }

  @Test func brokenFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    try EmbeddedData.tokenizer.write(to: folder.path)
    let merges = "\(folder.path)/merges.txt"
    try AtomicFile.write(Data("#version: 0.2\nno-space-here\n".utf8), to: merges)
    #expect(throws: StorageError.self) { try BytePairTokenizer(folder: folder.path) }
    try AtomicFile.write(Data("q zz\n".utf8), to: merges)
    #expect(throws: TokenizerError.self) { try BytePairTokenizer(folder: folder.path) }
    try AtomicFile.write(Data("".utf8), to: merges)
    for vocabulary in [
      #"{"a": 0}"#, #"{"a": -1}"#, #"{"a": 0, "b": 0}"#, #"{"a": 9000000000000}"#,
      #"{"a": 9223372036854775807}"#,
    ] {
      try AtomicFile.write(Data(vocabulary.utf8), to: "\(folder.path)/vocab.json")
      #expect(throws: TokenizerError.self) { try BytePairTokenizer(folder: folder.path) }
    }
  }
}

import CommandLineTool
import Foundation
import Storage
import TestSupport
import Testing

/// `planner verify` on a tokenizer alone.
@Suite struct VerifyTokenizerTests {
  let temporary: TemporaryFolder
  let fixture: String

  init() throws {
    temporary = try TemporaryFolder()
    fixture =
      fixtures(#filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "DatasetsTests/Fixtures/tokenizer-qwen2").path
  }

  private func verify(_ golden: String, folder: String? = nil, _ options: String...) -> Outcome {
    Outcome(arguments: ["verify", "--model", folder ?? fixture, "--golden", golden] + options)
  }

  @Test func everyEntryOfTheFixtureAgrees() {
    let outcome = verify(fixture + "/golden.json")
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.contains("136 of 136 entries"))
  }

  /// vocab.json and merges.txt serve as well, with the class in tokenizer_config.json.
  @Test func vocabularyAndMergesAreEnough() throws {
    let source = try JSONDocument(file: fixture + "/tokenizer.json")
    let vocabulary = try source.required("model.vocab").value.serialized()
    try AtomicFile.write(vocabulary, to: temporary.path + "/vocab.json")
    let merges = try source.array("model.merges").map { try $0.elements.map { try $0.asString } }
    let lines = merges.map { $0.joined(separator: " ") }.joined(separator: "\n") + "\n"
    try AtomicFile.write(Data(lines.utf8), to: temporary.path + "/merges.txt")
    let golden = fixture + "/golden.json"
    #expect(verify(golden, folder: temporary.path).code == 1)
    try AtomicFile.write(
      Data(#"{"tokenizer_class": "Qwen2Tokenizer"}"#.utf8),
      to: temporary.path + "/tokenizer_config.json")
    let outcome = verify(golden, folder: temporary.path)
    #expect(outcome.code == 0, "\(outcome.output)")
  }

  @Test func aDifferenceIsShownAndFails() throws {
    let golden = temporary.path + "/golden.json"
    try AtomicFile.write(
      Data(
        #"[{"text": "a", "ids": [67], "decoded": "a"}, {"text": "b", "ids": [67], "decoded": "a"}]"#
          .utf8),
      to: golden)
    let outcome = verify(golden)
    #expect(outcome.code == 1)
    #expect(outcome.output.contains("entry 1 differs: \"b\""))
    #expect(outcome.output.contains("1 of 2 entries"))
    #expect(outcome.hasOneErrorLine, "\(outcome.error)")
    let json = try JSONDocument(
      data: Data(verify(golden, folder: nil, "--json").output.utf8), path: "output")
    #expect(try json.bool("passes") == false)
    #expect(try json.int("comparison.agreeing") == 1)
    #expect(try json.ints("comparison.firstDifference.ids") == [68])
  }

  @Test func whatIsNotThereIsNamed() throws {
    let outcome = verify(fixture + "/golden.json", folder: temporary.path + "/nowhere")
    #expect(outcome.code == 1 && outcome.error.contains("nowhere"))
    let empty = verify(fixture + "/golden.json", folder: temporary.path)
    #expect(empty.code == 1 && empty.error.contains("tokenizer.json"))
    #expect(empty.hasOneErrorLine)
  }
}

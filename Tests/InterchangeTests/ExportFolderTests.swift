import Artifacts
import Datasets
import Foundation
import Interchange
import Storage
import TestSupport
import Testing
import Transformers

/// What an export leaves in its folder.
@Suite struct ExportFolderTests {
  let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

  func load(_ folder: TemporaryFolder) throws -> LoadedModel {
    try Checkpoint.load(folder: folder.path)
  }

  func names(_ folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  /// A decoder with one row of the embedding for every token and `more`, beside its tokenizer.
  func model(
    tokenizer: String, rows more: Int = 0, change: (inout String) -> Void = { _ in }
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let file = fixtures.appending(path: "DatasetsTests/Fixtures/\(tokenizer)/tokenizer.json")
    var text = try String(contentsOf: file, encoding: .utf8)
    change(&text)
    try Data(text.utf8).write(to: folder.url.appending(path: "tokenizer.json"))
    let read = try BytePairTokenizer(folder: folder.path, specials: .unknown)
    let block = BlockShape(
      hiddenSize: 8, attention: AttentionShape(queryHeads: 2, headSize: 4, bias: false),
      feedForward: FeedForwardShape(width: 6, activation: .silu, gated: true, bias: false),
      norm: .rms)
    let shape = LanguageModelShape(
      family: .llama, vocabularySize: read.vocabularySize + more, maximumPositions: 32,
      learnedPositions: false, positionOffset: 0,
      rotary: RotaryShape(theta: 10_000, frequencies: [1, 0.01]), hiddenSize: 8, blocks: [block])
    let parameters = Parameters(layout: ModelLayout(ModelShape(languageModel: shape)))
    var generator = SeededGenerator(seed: 1)
    parameters.initialize(using: &generator)
    try Checkpoint.save(parameters, to: folder.path)
    // The tokenizer is the last token's, where nothing else tells what ends a text.
    let path = folder.path + "/config.json"
    var config = try String(contentsOfFile: path, encoding: .utf8)
    let end = try #require(read.specialTokens.last ?? read.pieces.last.map { ($0 ?? "", 0) })
    config.replace(
      "{", with: "{\"eos_token_id\": \(end.id), \"pad_token_id\": 0,", maxReplacements: 1)
    try Data(config.utf8).write(to: URL(filePath: path))
    return folder
  }

  @Test(arguments: [
    ("tokenizer-gpt2", "gpt-2"), ("tokenizer-qwen2", "qwen2"),
  ]) func vocabularyTravelsInGGUF(tokenizer: String, split: String) throws {
    let source = try model(tokenizer: tokenizer, rows: 3)
    let target = try TemporaryFolder()
    let result = try export(try load(source), as: .gguf, to: target.path)
    #expect(result.files == ["model.gguf"])
    #expect(try names(target) == ["model.gguf"])

    let file = try GGUFReader(Data(contentsOf: target.url.appending(path: "model.gguf")))
    let read = try BytePairTokenizer(folder: source.path)
    #expect(file.metadata["general.name"] == .text(source.url.lastPathComponent))
    #expect(file.metadata["tokenizer.ggml.model"] == .text("gpt2"))
    #expect(file.metadata["tokenizer.ggml.pre"] == .text(split))
    let tokens = try #require(file.metadata["tokenizer.ggml.tokens"]?.texts)
    let kinds = try #require(file.metadata["tokenizer.ggml.token_type"]?.integers)
    #expect(file.tensors["token_embd.weight"] == [8, tokens.count])
    #expect(tokens.count == read.vocabularySize + 3 && kinds.count == tokens.count)
    #expect(Array(tokens.prefix(read.vocabularySize)) == read.pieces.map { $0 ?? "" })
    #expect(tokens.last == "[PAD\(tokens.count - 1)]" && kinds.suffix(3) == [5, 5, 5])
    #expect(Set(tokens).count == tokens.count)
    let controls = Set(read.specialTokens.map { Int($0.id) })
    for (id, kind) in kinds.prefix(read.vocabularySize).enumerated() {
      #expect((kind == 3) == controls.contains(id), "\(tokens[id])")
    }
    #expect(
      file.metadata["tokenizer.ggml.merges"]?.texts
        == read.merges.map { "\($0.left) \($0.right)" })
    #expect(
      file.metadata["tokenizer.ggml.eos_token_id"] == .integer(Int(read.specials.endOfText)))
    #expect(file.metadata["tokenizer.ggml.padding_token_id"] == .integer(0))
    #expect(
      file.metadata["tokenizer.ggml.add_bos_token"] == .flag(read.pipeline.template != [.text]))
  }

  @Test func aTokenizerWithoutAPlaceIsRefused() throws {
    // A space before the first word is no step of llama.cpp's.
    let source = try model(tokenizer: "tokenizer-gpt2") {
      $0.replace("\"add_prefix_space\": false", with: "\"add_prefix_space\": true")
      $0.replace("\"add_prefix_space\":false", with: "\"add_prefix_space\":true")
    }
    let target = try TemporaryFolder()
    let error = #expect(throws: ExportError.self) {
      try export(try load(source), as: .gguf, to: target.path)
    }
    #expect(error?.description.contains("tokenizer") == true)
    #expect(try names(target) == [])
  }

  @Test func withoutATokenizerTheFileSaysSo() throws {
    let source = try model(tokenizer: "tokenizer-gpt2")
    let model = try load(source)
    try FileManager.default.removeItem(at: source.url.appending(path: "tokenizer.json"))
    let target = try TemporaryFolder()
    let result = try export(model, as: .gguf, to: target.path)
    #expect(result.notes.first?.contains("token ids, not text") == true)
    let file = try GGUFReader(Data(contentsOf: target.url.appending(path: "model.gguf")))
    #expect(file.metadata["tokenizer.ggml.model"] == .text("none"))
  }

  @Test(arguments: [ExportFormat.huggingFace, .onnx])
  func tokenizersTravel(format: ExportFormat) throws {
    let source = try model(tokenizer: "tokenizer-gpt2")
    try Data("{}".utf8).write(to: source.url.appending(path: "preprocessor_config.json"))
    let target = try TemporaryFolder()
    for name in ["merges.txt", "mine.md"] {
      try Data("old".utf8).write(to: target.url.appending(path: name))
    }
    let result = try export(try load(source), as: format, to: target.path)
    #expect(try names(target) == (result.files + ["mine.md"]).sorted())
    #expect(result.files.contains("tokenizer.json"))
    #expect(result.files.contains("preprocessor_config.json"))
    // Once more into the same folder: nothing is an earlier model's.
    #expect(try export(try load(source), as: format, to: target.path).files == result.files)
  }

  /// A loader could take them for the export, and removing them is not ours to do.
  @Test(arguments: ExportFormat.allCases) func otherWeightsAreRefusedAndStay(
    format: ExportFormat
  ) throws {
    let source = try model(tokenizer: "tokenizer-gpt2")
    for name in [
      "model-00001-of-00003.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
      "old.onnx", "other.gguf",
    ] {
      let target = try TemporaryFolder()
      try Data("old".utf8).write(to: target.url.appending(path: name))
      let error = #expect(throws: ExportError.self) {
        try export(try load(source), as: format, to: target.path)
      }
      #expect(error?.description.contains(name) == true)
      #expect(try names(target) == [name])
    }
  }

  @Test(arguments: ExportFormat.allCases) func theModelsOwnFolderIsRefused(format: ExportFormat)
    throws
  {
    let source = try model(tokenizer: "tokenizer-gpt2")
    let before = try names(source)
    let link = source.path + "-link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: source.path)
    defer { try? FileManager.default.removeItem(atPath: link) }
    for path in [source.path, source.path + "/", link] {
      let error = #expect(throws: ExportError.self) {
        try export(try load(source), as: format, to: path)
      }
      #expect(error?.description.contains("own folder") == true)
    }
    #expect(try names(source) == before)
  }
}

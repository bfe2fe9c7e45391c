import Artifacts
import Foundation
import Storage
import TestSupport
import Testing
import Transformers

/// What is written into a folder, and what stays there.
@Suite struct CheckpointFolderTests {
  let folder = fixtures(#filePath)

  func load(_ name: String) throws -> LoadedModel {
    try Checkpoint.load(folder: folder.appending(path: name).path)
  }

  func write(_ names: [String], to folder: TemporaryFolder) throws {
    for name in names { try Data("old".utf8).write(to: folder.url.appending(path: name)) }
  }

  func names(_ folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  /// Shards and the index of an earlier checkpoint go; what may be somebody's stays.
  @Test func noShardOfAnEarlierModelStays() throws {
    let others = [
      "consolidated.safetensors", "decoder.onnx", "model.gguf", "notes.txt", "pytorch_model.bin",
    ]
    let target = try TemporaryFolder()
    try write(
      [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
      ] + others, to: target)
    let model = try load("llama")
    let written = try Checkpoint.save(
      model.parameters, to: target.path, format: model.format, configuration: model.configuration)
    #expect(written == ["model.safetensors", "config.json"])
    #expect(try names(target) == (["config.json", "model.safetensors"] + others).sorted())
    // Shards replace the single file, and are replaced by it.
    let sharded = try load("llama-sharded")
    let shards = try Checkpoint.save(
      sharded.parameters, to: target.path, format: sharded.format,
      configuration: sharded.configuration)
    #expect(try names(target) == (shards + others).sorted())
    #expect(shards.contains("model.safetensors.index.json") && shards.count == 9)
    try Checkpoint.save(
      model.parameters, to: target.path, keeping: ["model.safetensors.index.json"])
    #expect(
      try names(target)
        == (["config.json", "model.safetensors", "model.safetensors.index.json"] + others).sorted())
  }

  @Test func companionsAreThoseOfTheModel() throws {
    let (source, target) = (try TemporaryFolder(), try TemporaryFolder())
    try write(["tokenizer.json", "preprocessor_config.json", "README.md"], to: source)
    try write(["vocab.json", "merges.txt", "notes.txt"], to: target)
    let copied = try Checkpoint.copyCompanions(from: source.path, to: target.path)
    #expect(copied == ["tokenizer.json", "preprocessor_config.json"])
    #expect(try names(target) == ["notes.txt", "preprocessor_config.json", "tokenizer.json"])
    // A folder is not robbed for its own sake.
    let again = source.url.path + "/../" + source.url.lastPathComponent
    #expect(try Checkpoint.copyCompanions(from: source.path, to: again) == [])
    #expect(try names(source).count == 3)
  }

  /// The configuration of the first `blocks` blocks of a fixture, with members of its own.
  func cut(_ name: String, to blocks: Int, members: [(String, String)]) throws -> JSONDocument {
    let model = try load(name)
    guard case .object(let object) = model.configuration else {
      throw CocoaError(.coderInvalidValue)
    }
    let added = try members.map {
      (key: $0.0, value: try JSONValue.parse(Data($0.1.utf8), path: "test"))
    }
    let names = Set(added.map(\.key))
    let configuration = try #require(
      JSONObject(object.filter { !names.contains($0.key) }.map { ($0.key, $0.value) } + added))
    var shape = model.parameters.layout.shape
    shape.languageModel.blocks = Array(shape.languageModel.blocks.prefix(blocks))
    let target = try TemporaryFolder()
    try Checkpoint.save(
      Parameters(layout: ModelLayout(shape)), to: target.path, configuration: .object(configuration)
    )
    #expect(
      try Checkpoint.load(folder: target.path).parameters.layout.shape.languageModel.blocks.count
        == blocks)
    return try JSONDocument(file: target.path + "/config.json")
  }

  @Test func listsOfBlocksAreCutWithTheBlocks() throws {
    for name in ["llama", "opt", "gpt2"] {
      let count = try load(name).parameters.layout.shape.languageModel.blocks.count
      try #require(count > 1)
      let full = Array(repeating: #""full_attention""#, count: count).joined(separator: ",")
      let numbers = (1...count).map(String.init).joined(separator: ",")
      let config = try cut(
        name, to: count - 1,
        members: [
          ("layer_types", "[\(full)]"), ("no_rope_layers", "[\(numbers)]"),
          ("eos_token_id", "[\(numbers)]"), ("architectures", "[\(full)]"),
          ("others", "[1,2,3,4,5]"),
        ])
      #expect(try config.strings("layer_types").count == count - 1)
      #expect(try config.ints("no_rope_layers") == Array(1..<count))
      #expect(try config.ints("eos_token_id").count == count)
      #expect(try config.strings("architectures").count == count)
      #expect(try config.ints("others").count == 5)
    }
    // GPT-2's second names would contradict the first.
    let gpt2 = try cut("gpt2", to: 1, members: [("num_hidden_layers", "2")])
    #expect(!gpt2.contains("num_hidden_layers"))
  }

  @Test func windowsFollowTheirBlocks() throws {
    let model = try load("qwen2")
    let count = model.parameters.layout.shape.languageModel.blocks.count
    let types = (0..<count).map { $0 == 0 ? #""sliding_attention""# : #""full_attention""# }
    let config = try cut(
      "qwen2", to: count - 1,
      members: [
        ("layer_types", "[\(types.joined(separator: ","))]"), ("use_sliding_window", "true"),
        ("sliding_window", "8"), ("max_window_layers", "\(count)"),
      ])
    #expect(try config.int("max_window_layers") == count - 1)
    #expect(try config.strings("layer_types").count == count - 1)
  }

  @Test(arguments: [
    (TensorType.f32, Float.nan, "is NaN"), (.f32, -.infinity, "is minus infinity"),
    (.bf16, .nan, "is NaN"), (.bf16, .infinity, "is infinity"), (.f16, 1e6, "is infinity"),
  ]) func aWeightThatIsNotFiniteIsNamed(type: TensorType, value: Float, text: String) throws {
    for (name, tensor) in [
      ("llama", "model.layers.1.mlp.down_proj.weight"),
      ("gpt2", "transformer.h.1.mlp.c_proj.weight"),
    ] {
      let model = try load(name).parameters
      let view = try #require(model.layout.table[tensor])
      model.pointer(of: view)[3 * view.shape[1] + 5] = value
      let target = try TemporaryFolder()
      try Checkpoint.save(model, to: target.path, storedType: type)
      let error = #expect(throws: StorageError.self) { try Checkpoint.load(folder: target.path) }
      // GPT-2 stores the matrix the other way round.
      let place = view.storedTransposed ? "[5, 3]" : "[3, 5]"
      #expect(
        error?.description.contains("model.safetensors: \(tensor) \(place) \(text). ") == true,
        "\(error?.description ?? "")")
      #expect(error?.description.contains("Correct") == false)
    }
  }

  @Test func theLargestNumbersAreFinite() throws {
    let model = try load("llama").parameters
    let largest = Float.greatestFiniteMagnitude
    let values: [Float] = [largest, -largest, 0x1p-149, -0.0]
    for (index, value) in values.enumerated() { model.pointer[index] = value }
    let target = try TemporaryFolder()
    try Checkpoint.save(model, to: target.path)
    let read = try Checkpoint.load(folder: target.path).parameters
    #expect((0..<4).map { read.pointer[$0].bitPattern } == values.map(\.bitPattern))
  }
}

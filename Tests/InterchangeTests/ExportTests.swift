import Artifacts
import Foundation
import Interchange
import Storage
import TestSupport
import Testing
import Transformers

@Suite struct ExportTests {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "TransformersTests/Fixtures")

  func load(_ name: String) throws -> LoadedModel {
    try Checkpoint.load(folder: folder.appending(path: name).path)
  }

  func logits(_ model: Parameters) -> [Float] {
    let vocabulary = model.layout.languageModel.shape.vocabularySize
    var batch = LanguageBatch()
    let sequence = (0..<11).map { Int32(($0 * 17 + 3) % vocabulary) }
    batch.append(sequence: sequence, targets: sequence.map { _ in -1 })
    let pass = LanguageModelPass(
      parameters: model, arena: Arena(), batch: batch, features: nil, keepsActivations: false)
    return Array(UnsafeBufferPointer(start: pass.logits, count: sequence.count * vocabulary))
  }

  /// A decoder of one block after another whose shapes differ, with small random weights.
  func uneven(_ family: LanguageFamily, heads: [Int], sizes: [Int], widths: [Int], hidden: Int)
    -> Parameters
  {
    let rotary = family != .opt
    let blocks = zip(zip(heads, sizes), widths).map { attention, width in
      BlockShape(
        hiddenSize: hidden,
        attention: AttentionShape(
          queryHeads: attention.0, keyValueHeads: rotary ? attention.0 / 2 : nil,
          headSize: attention.1, bias: !rotary),
        feedForward: FeedForwardShape(
          width: width, activation: rotary ? .silu : .relu, gated: rotary, bias: !rotary),
        norm: rotary ? .rms : .layer)
    }
    let shape = LanguageModelShape(
      family: family, vocabularySize: 29, maximumPositions: 20, learnedPositions: !rotary,
      positionOffset: rotary ? 0 : 2,
      rotary: rotary
        ? RotaryShape(
          theta: 10_000,
          frequencies: (0..<(sizes[0] / 2)).map { 1 / Float(1 + 3 * $0) }) : nil,
      hiddenSize: hidden, blocks: blocks)
    let model = Parameters(layout: ModelLayout(ModelShape(languageModel: shape)))
    var generator = SeededGenerator(seed: 5)
    model.initialize(using: &generator, deviation: 0.3)
    return model
  }

  @Test func paddingKeepsTheNumbers() throws {
    let models = [
      uneven(.opt, heads: [3, 2], sizes: [5, 6], widths: [9, 14], hidden: 24),
      uneven(.opt, heads: [3, 3], sizes: [8, 8], widths: [7, 11], hidden: 24),
      uneven(.llama, heads: [4, 2], sizes: [6, 6], widths: [10, 7], hidden: 20),
      uneven(.mistral, heads: [4, 6], sizes: [6, 6], widths: [5, 7], hidden: 25),
    ]
    for model in models {
      #expect(model.layout.shape.obstacle(to: .huggingFace) != nil)
      let wide = try padded(model)
      #expect(wide.layout.shape.obstacle(to: .huggingFace) == nil)
      let difference = zip(logits(model), logits(wide)).reduce(Float(0)) {
        max($0, abs($1.0 - $1.1))
      }
      #expect(difference < 1e-5, "\(model.layout.shape.languageModel.family)")
      // Written as a checkpoint and read again.
      let scratch = try TemporaryFolder()
      let result = try export(model, as: .huggingFace, to: scratch.path)
      #expect(result.padded)
      let reopened = try Checkpoint.load(folder: scratch.path).parameters
      let again = zip(logits(model), logits(reopened)).reduce(Float(0)) {
        max($0, abs($1.0 - $1.1))
      }
      #expect(again < 1e-5)
    }
  }

  @Test func paddingThatIsImpossibleIsRefused() {
    // Five heads of eight need forty dimensions; norms fix the hidden size at 24.
    let model = uneven(.opt, heads: [5, 5], sizes: [8, 8], widths: [9, 9], hidden: 24)
    #expect(throws: ExportError.self) { try padded(model) }
  }

  @Test func formatsHoldWhatTheyCan() throws {
    let opt = try load("opt").parameters.layout.shape
    let llama = try load("llama").parameters.layout.shape
    let blip = try load("blip2-opt").parameters.layout.shape
    for shape in [opt, llama, blip] {
      #expect(shape.obstacle(to: .huggingFace) == nil && shape.obstacle(to: .onnx) == nil)
    }
    #expect(llama.obstacle(to: .gguf) == nil)
    #expect(opt.obstacle(to: .gguf) != nil && blip.obstacle(to: .gguf) != nil)
    let scratch = try TemporaryFolder()
    #expect(throws: ExportError.self) { try export(try load("opt"), as: .gguf, to: scratch.path) }
    let uneven = uneven(.qwen2, heads: [4, 2], sizes: [6, 6], widths: [5, 7], hidden: 24)
    #expect(uneven.layout.shape.obstacle(to: .gguf) != nil)
  }

  /// Names, order of use and extents of an ONNX model, read back from its bytes.
  @Test(arguments: ["opt", "llama", "gpt2", "qwen2", "blip2-opt"])
  func graphsAreWellFormed(_ name: String) throws {
    let scratch = try TemporaryFolder()
    let result = try export(try load(name), as: .onnx, to: scratch.path)
    for file in result.files where file.hasSuffix(".onnx") {
      let model = try ProtobufReader(Data(contentsOf: scratch.url.appending(path: file)))
      #expect(model.integers(1) == [9])
      let graph = try #require(model.messages(7).first)
      var known = Set(graph.messages(11).flatMap { $0.strings(1) })
      let dataSize = try #require(
        try scratch.url.appending(path: file + ".data").resourceValues(forKeys: [.fileSizeKey])
          .fileSize)
      for tensor in graph.messages(5) {
        known.formUnion(tensor.strings(8))
        let count = tensor.integers(1).reduce(1, *)
        let external = Dictionary(
          uniqueKeysWithValues: tensor.messages(13).map { ($0.strings(1)[0], $0.strings(2)[0]) })
        if let offset = external["offset"].flatMap({ Int($0) }) {
          #expect(external["length"] == "\(4 * count)")
          #expect(offset % 4_096 == 0 && offset + 4 * count <= dataSize)
        } else {
          let size = tensor.integers(2) == [7] ? 8 : 4
          #expect(tensor.raw(9).first?.count == size * count)
        }
      }
      for node in graph.messages(1) {
        for input in node.strings(1) { #expect(known.contains(input), "\(input) is not known") }
        for output in node.strings(2) { #expect(known.insert(output).inserted) }
      }
      for output in graph.messages(12) { #expect(known.contains(output.strings(1)[0])) }
    }
    #expect(result.files.count == (name == "blip2-opt" ? 6 : 2))
  }

  @Test func ggufHoldsEveryTensor() throws {
    let scratch = try TemporaryFolder()
    let model = try load("llama")
    let result = try export(model, as: .gguf, to: scratch.path)
    #expect(result.files == ["model.gguf"])
    let bytes = [UInt8](try Data(contentsOf: scratch.url.appending(path: "model.gguf")))
    #expect(Array(bytes.prefix(4)) == Array("GGUF".utf8))
    func count(_ offset: Int) -> Int { Int(bytes[offset]) + Int(bytes[offset + 1]) << 8 }
    // Nine tensors a block, embedding, final norm and head.
    #expect(count(4) == 3 && count(8) == 3 * 9 + 3)
    #expect(bytes.count % 32 == 0)
    #expect(bytes.count > 4 * model.parameters.count)
    // The last tensor of the file is the last block's down projection, as it lies in memory.
    let block = try #require(model.parameters.layout.languageModel.blocks.last)
    let layer = block.feedForwardOutput
    let tail = bytes.suffix(4 * layer.inputs * layer.outputs)
    let expected = Data(
      bytes: model.parameters.pointer + layer.weight, count: 4 * layer.inputs * layer.outputs)
    #expect(Array(tail) == [UInt8](expected))
  }
}

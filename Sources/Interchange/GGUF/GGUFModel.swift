import Artifacts
import Foundation
import Kernels
import Transformers

/// Language models as llama.cpp reads them.
///
/// Architectures: `llama` for Llama and Mistral, `qwen2`, `qwen3`; `deci` where blocks of Llama differ
/// in width. `llama` and `deci` turn neighbouring dimensions where checkpoints turn halves, so rows
/// of query and key are reordered.
enum GGUFModel {
  /// Why llama.cpp cannot hold a model; nil where it can.
  static func obstacle(_ shape: ModelShape) -> String? {
    let language = shape.languageModel
    if shape.vision != nil { return "image encoders are not part of the format" }
    guard let rotary = language.rotary, let first = language.blocks.first else {
      return "only families with rotary positions (llama, mistral, qwen2, qwen3) are written"
    }
    if rotary.scale != 1 { return "scaled rotary attention (YaRN) is not written" }
    if first.feedForward.bias { return "biases of feed-forward layers have no place" }
    for block in language.blocks {
      let attention = block.attention
      if attention.window.map({ $0 < language.maximumPositions }) ?? false {
        return "the architecture has no window of attention"
      }
      if attention.headSize != first.attention.headSize { return "blocks differ in head size" }
      if attention.scale != 1 / Float(attention.headSize).squareRoot() {
        return "scores are scaled by another factor than 1/√(head size)"
      }
      if block.feedForward.activation != .silu || !block.feedForward.gated {
        return "the activation is not SiLU"
      }
    }
    let permuted = language.family == .llama || language.family == .mistral
    if !permuted && (language.uniform == nil || hasFactors(language)) {
      return "only llama has places for blocks of different widths and for chosen frequencies"
    }
    if language.uniform == nil && (first.attention.bias || first.attention.outputBias) {
      return "blocks of different widths with biases have no architecture"
    }
    return nil
  }

  private static func hasFactors(_ shape: LanguageModelShape) -> Bool {
    factors(shape).contains { abs($0 - 1) > 1e-6 }
  }

  /// By what the plain frequencies θ^(−2i/d) are divided.
  private static func factors(_ shape: LanguageModelShape) -> [Float] {
    guard let rotary = shape.rotary else { return [] }
    let size = Double(2 * rotary.frequencies.count)
    return rotary.frequencies.enumerated().map { index, frequency in
      Float(pow(rotary.theta, -Double(2 * index) / size) / Double(frequency))
    }
  }

  /// - Parameters:
  ///   - vocabulary: nil for a file that takes token ids alone.
  ///   - name: how the model is called in the file.
  static func write(
    _ parameters: Parameters, vocabulary: GGUFVocabulary?, name: String?, to path: String
  ) throws {
    let layout = parameters.layout.languageModel
    let shape = layout.shape
    let permuted = shape.family == .llama || shape.family == .mistral
    let architecture =
      permuted ? (shape.uniform == nil ? "deci" : "llama") : shape.family.rawValue
    var file = GGUFFile()
    file.set("general.architecture", .text(architecture))
    if let name, !name.isEmpty { file.set("general.name", .text(name)) }
    metadata(shape, architecture, into: &file)
    if let vocabulary {
      vocabulary.describe(in: &file)
    } else {
      file.set("tokenizer.ggml.model", .text("none"))
    }

    func plain(_ offset: Int, _ count: Int) -> () -> [Float] {
      { Array(UnsafeBufferPointer(start: parameters.pointer + offset, count: count)) }
    }
    let (vocabulary, hidden) = (shape.vocabularySize, shape.hiddenSize)
    file.add(
      "token_embd.weight", [vocabulary, hidden],
      plain(layout.tokenEmbedding, vocabulary * hidden))
    if let norm = layout.finalNorm {
      file.add("output_norm.weight", [hidden], plain(norm.gain, hidden))
    }
    // A tied head is written once more: readers differ in what they make of a missing one.
    file.add("output.weight", [vocabulary, hidden], plain(layout.head, vocabulary * hidden))
    if hasFactors(shape) {
      let factors = factors(shape)
      file.add("rope_freqs.weight", [factors.count]) { factors }
    }
    for (index, block) in layout.blocks.enumerated() {
      let name = "blk.\(index)."
      let attention = block.shape.attention
      file.add(name + "attn_norm.weight", [hidden], plain(block.attentionNorm.gain, hidden))
      file.add(name + "ffn_norm.weight", [hidden], plain(block.feedForwardNorm.gain, hidden))
      var start = 0
      for (part, heads, width) in [
        ("q", attention.queryHeads, attention.queryWidth),
        ("k", attention.keyValueHeads, attention.keyWidth),
        ("v", attention.keyValueHeads, attention.valueWidth),
      ] {
        let order =
          permuted && part != "v"
          ? neighbours(heads: heads, size: attention.headSize) : Array(0..<width)
        add(
          name + "attn_" + part, block.queryKeyValue, rows: order.map { $0 + start },
          of: parameters,
          to: &file)
        start += width
      }
      add(
        name + "attn_output", block.attentionOutput, rows: Array(0..<hidden), of: parameters,
        to: &file)
      if let query = block.queryNorm, let key = block.keyNorm {
        file.add(name + "attn_q_norm.weight", [query.width], plain(query.gain, query.width))
        file.add(name + "attn_k_norm.weight", [key.width], plain(key.gain, key.width))
      }
      let width = block.shape.feedForward.width
      add(
        name + "ffn_gate", block.feedForwardInput, rows: Array(0..<width), of: parameters, to: &file
      )
      add(
        name + "ffn_up", block.feedForwardInput, rows: Array(width..<(2 * width)), of: parameters,
        to: &file)
      add(
        name + "ffn_down", block.feedForwardOutput, rows: Array(0..<hidden), of: parameters,
        to: &file)
    }
    try file.write(to: path)
  }

  private static func metadata(
    _ shape: LanguageModelShape, _ architecture: String, into file: inout GGUFFile
  ) {
    func column(_ value: (BlockShape) -> Int) -> GGUFFile.Value {
      let values = shape.blocks.map(value)
      return Set(values).count == 1 ? .count(values[0]) : .counts(values)
    }
    let size = shape.blocks.first?.attention.headSize ?? 0
    file.set("general.file_type", .count(0))
    func set(_ key: String, _ value: GGUFFile.Value) {
      file.set("\(architecture).\(key)", value)
    }
    set("block_count", .count(shape.blocks.count))
    set("context_length", .count(shape.maximumPositions))
    set("embedding_length", .count(shape.hiddenSize))
    set("vocab_size", .count(shape.vocabularySize))
    set("feed_forward_length", column { $0.feedForward.width })
    set("attention.head_count", column { $0.attention.queryHeads })
    set("attention.head_count_kv", column { $0.attention.keyValueHeads })
    set("attention.key_length", .count(size))
    set("attention.value_length", .count(size))
    set("rope.dimension_count", .count(size))
    set("rope.freq_base", .number(Float(shape.rotary?.theta ?? 10_000)))
    set(
      "attention.layer_norm_rms_epsilon", .number(shape.blocks.first?.normEpsilon ?? 1e-6))
  }

  /// Rows of rotary heads with both members of a pair side by side: 0, d/2, 1, d/2 + 1, …
  private static func neighbours(heads: Int, size: Int) -> [Int] {
    var order: [Int] = []
    for head in 0..<heads {
      for pair in 0..<(size / 2) {
        order.append(head * size + pair)
        order.append(head * size + pair + size / 2)
      }
    }
    return order
  }

  private static func add(
    _ name: String, _ layer: LinearLayout, rows: [Int], of parameters: Parameters,
    to file: inout GGUFFile
  ) {
    file.add(name + ".weight", [rows.count, layer.inputs]) {
      rows.flatMap { row in
        UnsafeBufferPointer(
          start: parameters.pointer + layer.weight + row * layer.inputs, count: layer.inputs)
      }
    }
    if let bias = layer.bias {
      file.add(name + ".bias", [rows.count]) { rows.map { parameters.pointer[bias + $0] } }
    }
  }
}

import Artifacts
import Transformers

/// The language model with a key/value cache.
///
/// Inputs: `input_ids` [B, T], or `inputs_embeds` [B, T, hidden] beside an image encoder;
/// `attention_mask` [B, P + T], 1 where a key is seen; `position_ids` [B, T]; per block i
/// `past_key_values.i.key` [B, key/value heads, P, head size] and `.value`. Outputs: `logits`
/// [B, T, vocabulary], `present.i.key` and `present.i.value` with P + T places.
struct ONNXDecoder {
  private var modules: ONNXModules
  private let layout: LanguageModelLayout

  init(_ parameters: Parameters, dataFile: String) {
    modules = ONNXModules(parameters, dataFile: dataFile)
    layout = parameters.layout.languageModel
  }

  /// The finished graph.
  mutating func build(fromEmbeddings: Bool) -> ONNXGraph {
    let shape = layout.shape
    let hidden = shape.hiddenSize
    let tied = layout.head == layout.tokenEmbedding
    let embedding =
      fromEmbeddings && !tied
      ? ""
      : modules.tensor(
        "token_embedding", layout.tokenEmbedding, [shape.vocabularySize, hidden])
    var x = "inputs_embeds"
    if fromEmbeddings {
      modules.graph.input(x, .float, [.named("batch"), .named("tokens"), .fixed(hidden)])
    } else {
      modules.graph.input("input_ids", .int64, [.named("batch"), .named("tokens")])
      x = modules.graph.node("Gather", [embedding, "input_ids"])
    }
    modules.graph.input("attention_mask", .int64, [.named("batch"), .named("past_and_tokens")])
    modules.graph.input("position_ids", .int64, [.named("batch"), .named("tokens")])
    if let table = layout.positionEmbedding {
      let rows = modules.tensor("position_embedding", table, [shape.positionRows, hidden])
      let index = modules.graph.node(
        "Add", ["position_ids", modules.graph.integer(shape.positionOffset)])
      x = modules.graph.node("Add", [x, modules.graph.node("Gather", [rows, index])])
    }
    let rotary = shape.rotary.map { angles($0) }
    var masks: [Int?: String] = [:]
    for (index, block) in layout.blocks.enumerated() {
      x = decoderBlock(index, block, x, rotary: rotary, masks: &masks)
    }
    if let norm = layout.finalNorm { x = modules.norm("final_norm", x, norm) }
    let head =
      tied
      ? embedding : modules.tensor("head", layout.head, [shape.vocabularySize, hidden])
    let turned = modules.graph.node("Transpose", [head], ["perm": .integers([1, 0])])
    _ = modules.graph.node("MatMul", [x, turned], output: "logits")
    modules.graph.output(
      "logits", .float, [.named("batch"), .named("tokens"), .fixed(shape.vocabularySize)])
    for (index, block) in layout.blocks.enumerated() {
      for part in ["key", "value"] {
        modules.graph.output(
          "present.\(index).\(part)", .float,
          cacheShape(block.shape.attention, part, places: "past_and_tokens"))
      }
    }
    return modules.graph
  }

  private func cacheShape(_ shape: AttentionShape, _ part: String, places: String)
    -> [ONNXDimension]
  {
    [
      .named("batch"), .fixed(shape.keyValueHeads), .named(places),
      .fixed(part == "key" ? shape.headSize : shape.valueHeadSize),
    ]
  }

  private mutating func decoderBlock(
    _ index: Int, _ block: BlockLayout, _ x: String, rotary: (cosines: String, sines: String)?,
    masks: inout [Int?: String]
  ) -> String {
    let shape = block.shape.attention
    let past = ["key", "value"].map { "past_key_values.\(index).\($0)" }
    for (name, part) in zip(past, ["key", "value"]) {
      modules.graph.input(name, .float, cacheShape(shape, part, places: "past"))
    }
    let mask = masks[shape.window] ?? causalMask(past: past[0], window: shape.window)
    masks[shape.window] = mask
    return modules.block("blocks.\(index)", x, block) { modules, input in
      var (queries, keys, values) = modules.projections(
        "blocks.\(index).attention", input, block)
      if let rotary {
        queries = Self.turn(&modules, queries, rotary, size: shape.headSize)
        keys = Self.turn(&modules, keys, rotary, size: shape.headSize)
      }
      keys = modules.graph.node(
        "Concat", [past[0], keys], output: "present.\(index).key", ["axis": .integer(2)])
      values = modules.graph.node(
        "Concat", [past[1], values], output: "present.\(index).value", ["axis": .integer(2)])
      return modules.attend(queries, keys, values, shape: shape, mask: mask)
    }
  }

  /// Cosines and sines of the positions, [B, 1, T, pairs].
  private mutating func angles(_ rotary: RotaryShape) -> (cosines: String, sines: String) {
    let frequencies = modules.graph.weight(
      "rotary_frequencies", [rotary.frequencies.count]
    ) { rotary.frequencies }
    let positions = modules.graph.node(
      "Cast", ["position_ids"], ["to": .integer(ONNXType.float.rawValue)])
    let column = modules.graph.node("Unsqueeze", [positions, modules.graph.integers([1, 3])])
    let angles = modules.graph.node("Mul", [column, frequencies])
    var results = ["Cos", "Sin"].map { modules.graph.node($0, [angles]) }
    if rotary.scale != 1 {
      results = results.map {
        modules.graph.node("Mul", [$0, modules.graph.float(rotary.scale)])
      }
    }
    return (results[0], results[1])
  }

  private static func turn(
    _ modules: inout ONNXModules, _ x: String, _ rotary: (cosines: String, sines: String),
    size: Int
  ) -> String {
    func half(_ start: Int, _ end: Int) -> String {
      modules.graph.node(
        "Slice",
        [
          x, modules.graph.integers([start]), modules.graph.integers([end]),
          modules.graph.integers([3]),
        ])
    }
    let (first, second) = (half(0, size / 2), half(size / 2, size))
    func product(_ a: String, _ b: String) -> String { modules.graph.node("Mul", [a, b]) }
    let turnedFirst = modules.graph.node(
      "Sub", [product(first, rotary.cosines), product(second, rotary.sines)])
    let turnedSecond = modules.graph.node(
      "Add", [product(second, rotary.cosines), product(first, rotary.sines)])
    return modules.graph.node("Concat", [turnedFirst, turnedSecond], ["axis": .integer(3)])
  }

  /// 0 where a query sees a key, −1e30 elsewhere: [B, 1, T, P + T].
  private mutating func causalMask(past: String, window: Int?) -> String {
    func size(_ name: String, _ axis: Int) -> String {
      let shape = modules.graph.node("Shape", [name])
      return modules.graph.node("Gather", [shape, modules.graph.integer(axis)])
    }
    let pastCount = size(past, 2)
    let total = size("attention_mask", 1)
    let (zero, one) = (modules.graph.integer(0), modules.graph.integer(1))
    let queries = modules.graph.node(
      "Unsqueeze",
      [modules.graph.node("Range", [pastCount, total, one]), modules.graph.integers([1])])
    let keys = modules.graph.node("Range", [zero, total, one])
    var seen = modules.graph.node("LessOrEqual", [keys, queries])
    if let window {
      let oldest = modules.graph.node("Sub", [queries, modules.graph.integer(window)])
      seen = modules.graph.node("And", [seen, modules.graph.node("Greater", [keys, oldest])])
    }
    let given = modules.graph.node(
      "Unsqueeze",
      [
        modules.graph.node("Greater", ["attention_mask", zero]), modules.graph.integers([1, 2]),
      ])
    return modules.graph.node(
      "Where",
      [
        modules.graph.node("And", [seen, given]), modules.graph.float(0),
        modules.graph.float(-1e30),
      ])
  }
}

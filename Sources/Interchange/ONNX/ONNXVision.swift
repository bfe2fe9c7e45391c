import Artifacts
import Transformers

/// The image side of a model: `pixel_values` [B, channels, size, size] → `image_features`
/// [B, queries, hidden size of the language model], through image encoder, Q-Former and projection.
func onnxImageEncoder(
  _ parameters: Parameters, vision: VisionLayout, queryFormer: QueryFormerLayout, dataFile: String
) -> ONNXGraph {
  var modules = ONNXModules(parameters, dataFile: dataFile)
  let shape = vision.shape
  let hidden = shape.hiddenSize
  modules.graph.input(
    "pixel_values", .float,
    [
      .named("batch"), .fixed(shape.channels), .fixed(shape.imageSize), .fixed(shape.imageSize),
    ])

  // Patches, a token for the whole image in front, positions.
  let kernel = modules.tensor(
    "patch.weight", vision.patchEmbedding.weight,
    [hidden, shape.channels, shape.patchSize, shape.patchSize])
  var inputs = ["pixel_values", kernel]
  if let bias = vision.patchEmbedding.bias {
    inputs.append(modules.tensor("patch.bias", bias, [hidden]))
  }
  let patches = modules.graph.node(
    "Conv", inputs,
    [
      "strides": .integers([shape.patchSize, shape.patchSize]),
      "kernel_shape": .integers([shape.patchSize, shape.patchSize]),
    ])
  let flat = modules.graph.node("Reshape", [patches, modules.graph.integers([0, hidden, -1])])
  let rows = modules.graph.node("Transpose", [flat], ["perm": .integers([0, 2, 1])])
  let batch = modules.graph.node(
    "Slice",
    [
      modules.graph.node("Shape", ["pixel_values"]), modules.graph.integers([0]),
      modules.graph.integers([1]),
    ])
  /// Repeats [1, count, width] for every image.
  func repeated(_ modules: inout ONNXModules, _ x: String, _ count: Int, _ width: Int) -> String {
    let target = modules.graph.node(
      "Concat", [batch, modules.graph.integers([count, width])], ["axis": .integer(0)])
    return modules.graph.node("Expand", [x, target])
  }
  let classToken = modules.tensor("class_token", vision.classEmbedding, [1, 1, hidden])
  var x = modules.graph.node(
    "Concat", [repeated(&modules, classToken, 1, hidden), rows], ["axis": .integer(1)])
  let positions = modules.tensor(
    "vision.positions", vision.positionEmbedding, [1, shape.tokenCount, hidden])
  x = modules.graph.node("Add", [x, positions])
  for (index, block) in vision.blocks.enumerated() {
    x = encoderBlock(&modules, "vision.\(index)", x, block)
  }
  let image = modules.norm("vision.final_norm", x, vision.finalNorm)

  // Learned queries read the image.
  let width = queryFormer.shape.hiddenSize
  let queries = modules.tensor(
    "queries", queryFormer.queryTokens, [1, queryFormer.shape.queryCount, width])
  x = modules.norm(
    "queries_norm", repeated(&modules, queries, queryFormer.shape.queryCount, width),
    queryFormer.inputNorm)
  for (index, block) in queryFormer.blocks.enumerated() {
    x = encoderBlock(&modules, "queries.\(index)", x, block, memory: image)
  }
  let features = modules.linear("projection", x, queryFormer.languageProjection)
  _ = modules.graph.node("Identity", [features], output: "image_features")
  modules.graph.output(
    "image_features", .float,
    [
      .named("batch"), .fixed(queryFormer.shape.queryCount),
      .fixed(queryFormer.languageProjection.outputs),
    ])
  return modules.graph
}

/// A block that sees its whole sequence, and a second one where it has such attention.
private func encoderBlock(
  _ modules: inout ONNXModules, _ name: String, _ x: String, _ block: BlockLayout,
  memory: String? = nil
) -> String {
  let shape = block.shape.attention
  return modules.block(name, x, block) { modules, input in
    let heads = modules.projections(name + ".attention", input, block)
    return modules.attend(heads.queries, heads.keys, heads.values, shape: shape, mask: nil)
  } cross: { modules, layout, input in
    guard let memory, let shape = block.shape.crossAttention else { return input }
    let queries = modules.heads(
      modules.linear(name + ".cross.query", input, layout.query), count: shape.queryHeads,
      size: shape.headSize)
    let keys = modules.heads(
      modules.linear(name + ".cross.key", memory, layout.keyValue, rows: 0..<shape.keyWidth),
      count: shape.keyValueHeads, size: shape.headSize)
    let values = modules.heads(
      modules.linear(
        name + ".cross.value", memory, layout.keyValue,
        rows: shape.keyWidth..<layout.keyValue.outputs), count: shape.keyValueHeads,
      size: shape.valueHeadSize)
    return modules.attend(queries, keys, values, shape: shape, mask: nil)
  }
}

/// `input_ids` [B, T] → `inputs_embeds` [B, T, hidden], for a decoder that takes embeddings.
func onnxTokenEmbedding(_ parameters: Parameters, dataFile: String) -> ONNXGraph {
  var modules = ONNXModules(parameters, dataFile: dataFile)
  let layout = parameters.layout.languageModel
  let hidden = layout.shape.hiddenSize
  modules.graph.input("input_ids", .int64, [.named("batch"), .named("tokens")])
  let table = modules.tensor(
    "token_embedding", layout.tokenEmbedding, [layout.shape.vocabularySize, hidden])
  _ = modules.graph.node("Gather", [table, "input_ids"], output: "inputs_embeds")
  modules.graph.output(
    "inputs_embeds", .float, [.named("batch"), .named("tokens"), .fixed(hidden)])
  return modules.graph
}

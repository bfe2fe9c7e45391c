import Artifacts
import Kernels
import Transformers

/// The modules of the one representation as operators. Buffers are read when weights are written, so
/// the parameters must live until then.
struct ONNXModules {
  var graph: ONNXGraph
  let parameters: Parameters

  init(_ parameters: Parameters, dataFile: String) {
    self.parameters = parameters
    graph = ONNXGraph(dataFile: dataFile)
  }

  /// A tensor as it lies in memory.
  mutating func tensor(_ name: String, _ offset: Int, _ shape: [Int]) -> String {
    let parameters = self.parameters
    let count = shape.reduce(1, *)
    return graph.weight(name, shape) {
      Array(UnsafeBufferPointer(start: parameters.pointer + offset, count: count))
    }
  }

  /// Rows `range` of a linear layer, as x·Wᵀ + b with Wᵀ stored.
  mutating func linear(_ name: String, _ x: String, _ layer: LinearLayout, rows: Range<Int>? = nil)
    -> String
  {
    let rows = rows ?? 0..<layer.outputs
    let (inputs, parameters) = (layer.inputs, self.parameters)
    let weight = graph.weight(name + ".weight", [inputs, rows.count]) {
      let source = parameters.pointer + layer.weight + rows.lowerBound * inputs
      return [Float](unsafeUninitializedCapacity: inputs * rows.count) { buffer, filled in
        for row in 0..<rows.count {
          for column in 0..<inputs {
            buffer[column * rows.count + row] = source[row * inputs + column]
          }
        }
        filled = inputs * rows.count
      }
    }
    let product = graph.node("MatMul", [x, weight])
    guard let bias = layer.bias else { return product }
    let values = tensor(name + ".bias", bias + rows.lowerBound, [rows.count])
    return graph.node("Add", [product, values])
  }

  mutating func norm(_ name: String, _ x: String, _ layout: NormLayout) -> String {
    let gain = tensor(name + ".gain", layout.gain, [layout.width])
    if let bias = layout.bias {
      let values = tensor(name + ".bias", bias, [layout.width])
      return graph.node(
        "LayerNormalization", [x, gain, values],
        ["axis": .integer(-1), "epsilon": .float(layout.epsilon)])
    }
    let squares = graph.node("Mul", [x, x])
    let mean = graph.node(
      "ReduceMean", [squares, graph.integers([-1])], ["keepdims": .integer(1)])
    let root = graph.node("Sqrt", [graph.node("Add", [mean, graph.float(layout.epsilon)])])
    return graph.node("Mul", [graph.node("Div", [x, root]), gain])
  }

  mutating func activation(_ x: String, _ kind: Activation) -> String {
    switch kind {
    case .relu: return graph.node("Relu", [x])
    case .silu: return graph.node("Mul", [x, graph.node("Sigmoid", [x])])
    case .gelu: return graph.node("Gelu", [x], ["approximate": .string("none")])
    case .geluTanh: return graph.node("Gelu", [x], ["approximate": .string("tanh")])
    }
  }

  mutating func feedForward(_ name: String, _ x: String, _ block: BlockLayout) -> String {
    let shape = block.shape.feedForward
    let first = activation(
      linear(name + ".gate", x, block.feedForwardInput, rows: 0..<shape.width), shape.activation)
    guard shape.gated else {
      return linear(name + ".output", first, block.feedForwardOutput)
    }
    let value = linear(
      name + ".value", x, block.feedForwardInput, rows: shape.width..<(2 * shape.width))
    return linear(
      name + ".output", graph.node("Mul", [first, value]), block.feedForwardOutput)
  }

  /// [B, T, heads · size] → [B, heads, T, size]
  mutating func heads(_ x: String, count: Int, size: Int) -> String {
    let split = graph.node("Reshape", [x, graph.integers([0, 0, count, size])])
    return graph.node("Transpose", [split], ["perm": .integers([0, 2, 1, 3])])
  }

  /// softmax(q·kᵀ·scale + mask)·v, heads joined: [B, T, heads · value size]. Key/value heads are
  /// repeated for the query heads that share them.
  mutating func attend(
    _ queries: String, _ keys: String, _ values: String, shape: AttentionShape, mask: String?
  ) -> String {
    var (keys, values) = (keys, values)
    if shape.keyValueHeads != shape.queryHeads {
      let map = graph.integers((0..<shape.queryHeads).map { $0 / shape.groupSize })
      keys = graph.node("Gather", [keys, map], ["axis": .integer(1)])
      values = graph.node("Gather", [values, map], ["axis": .integer(1)])
    }
    let scaled = graph.node("Mul", [queries, graph.float(shape.scale)])
    let turned = graph.node("Transpose", [keys], ["perm": .integers([0, 1, 3, 2])])
    var scores = graph.node("MatMul", [scaled, turned])
    if let mask { scores = graph.node("Add", [scores, mask]) }
    let weights = graph.node("Softmax", [scores], ["axis": .integer(-1)])
    let mixed = graph.node(
      "Transpose", [graph.node("MatMul", [weights, values])], ["perm": .integers([0, 2, 1, 3])])
    return graph.node("Reshape", [mixed, graph.integers([0, 0, shape.outputWidth])])
  }

  /// Query, key and value heads of a self-attention module.
  mutating func projections(_ name: String, _ x: String, _ block: BlockLayout)
    -> (queries: String, keys: String, values: String)
  {
    let shape = block.shape.attention
    let (q, k) = (shape.queryWidth, shape.queryWidth + shape.keyWidth)
    let layer = block.queryKeyValue
    var queries = heads(
      linear(name + ".query", x, layer, rows: 0..<q), count: shape.queryHeads,
      size: shape.headSize)
    var keys = heads(
      linear(name + ".key", x, layer, rows: q..<k), count: shape.keyValueHeads,
      size: shape.headSize)
    let values = heads(
      linear(name + ".value", x, layer, rows: k..<layer.outputs), count: shape.keyValueHeads,
      size: shape.valueHeadSize)
    if let norm = block.queryNorm { queries = self.norm(name + ".query_norm", queries, norm) }
    if let norm = block.keyNorm { keys = self.norm(name + ".key_norm", keys, norm) }
    return (queries, keys, values)
  }

  /// A block around an attention function that maps its input to the joined heads.
  mutating func block(
    _ name: String, _ x: String, _ block: BlockLayout,
    attention: (inout ONNXModules, String) -> String,
    cross: ((inout ONNXModules, CrossAttentionLayout, String) -> String)? = nil
  ) -> String {
    let before = block.shape.normPlacement == .before
    /// x + f(norm(x)), or norm(x + f(x)).
    func module(
      _ modules: inout ONNXModules, _ x: String, _ norm: NormLayout, _ part: String,
      _ body: (inout ONNXModules, String) -> String
    ) -> String {
      let input = before ? modules.norm(name + part + "_norm", x, norm) : x
      let sum = modules.graph.node("Add", [x, body(&modules, input)])
      return before ? sum : modules.norm(name + part + "_norm", sum, norm)
    }
    var stream = module(&self, x, block.attentionNorm, ".attention") { modules, input in
      let context = attention(&modules, input)
      return modules.linear(name + ".attention.output", context, block.attentionOutput)
    }
    if let layout = block.cross, let cross {
      stream = module(&self, stream, layout.norm, ".cross") { modules, input in
        let context = cross(&modules, layout, input)
        return modules.linear(name + ".cross.output", context, layout.output)
      }
    }
    return module(&self, stream, block.feedForwardNorm, ".feed_forward") { modules, input in
      modules.feedForward(name + ".feed_forward", input, block)
    }
  }
}

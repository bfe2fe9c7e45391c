package import HardwareModels

/// What eager mode dispatches for one call of a published decoder-only language model: a line of
/// `Benchmarks/gpu/decoders.csv`, which `eager_kernels.py` counts.
package struct Decoder: Sendable {
  /// What tells one line of the table from another.
  package struct Name: Hashable, Sendable {
    package var model: String
    package var attention: String
    package var precision: GPUPrecision
    package var phase: PublishedMeasurement.Phase

    package init(
      model: String, attention: String, precision: GPUPrecision,
      phase: PublishedMeasurement.Phase
    ) {
      self.model = model
      self.attention = attention
      self.precision = precision
      self.phase = phase
    }
  }

  /// Outputs and depth of a product with weights.
  struct Product: Hashable, Sendable {
    var outputs: Int
    var depth: Int
  }

  var blocks: Int
  var heads: Int
  var headSize: Int
  /// Of one block, in the order of their launches.
  let products: [Product]
  /// Blocks launch most of their products twice or more.
  private let repeats: [(product: Product, times: Double)]
  /// Kernels of one block beside its products, and the bytes that they read and write: of one sequence, of 256
  /// tokens of a prompt or of a step after 287.
  package var kernels: Int
  package var bytes: Double
  /// From hidden states to the vocabulary, of the last token or of all.
  var head: Product
  var headReadsLastToken: Bool
  /// Kernels beside the blocks and the head's product.
  var stemKernels: Int
  var stemBytes: Double

  /// Work of one call: `tokens` tokens of prompt, or one new one of each of `sequences`.
  func work(
    _ kernels: GPUKernels, phase: PublishedMeasurement.Phase, sequences: Int, tokens: Int
  ) -> GPUWork {
    let rows = phase == .decode ? sequences : sequences * tokens
    var work =
      (kernels.engine == .eager
        ? eagerBlock(kernels, sequences: sequences, rows: rows, tokens: tokens)
        : fusedBlock(kernels, phase: phase, sequences: sequences, rows: rows, tokens: tokens))
      * Double(blocks)
    work.passes = 1
    guard kernels.engine == .eager else {
      return work + kernels.elementwise(3 * rows * head.depth)
        + kernels.gemm(sequences, head.outputs, head.depth)
        + kernels.elementwise(sequences * head.outputs)
    }
    work += kernels.frameworkKernels(Double(stemKernels), bytes: stemBytes)
    work += kernels.gemm(headReadsLastToken ? sequences : rows, head.outputs, head.depth)
    return work
  }

  private func eagerBlock(
    _ kernels: GPUKernels, sequences: Int, rows: Int, tokens: Int
  ) -> GPUWork {
    var block = kernels.frameworkKernels(Double(self.kernels), bytes: bytes)
    block.eagerBlocks = 1
    for (product, times) in repeats {
      block += kernels.gemm(rows, product.outputs, product.depth) * times
    }
    // Its kernels and their traffic are counted above: what is left is to multiply.
    return block
      + kernels.attentionProducts(
        sequences: sequences, queries: rows / sequences, keys: tokens,
        width: 2 * heads * headSize)
  }

  /// A block of queries, keys, values, output, gate, up and down, as a serving engine runs it.
  private func fusedBlock(
    _ kernels: GPUKernels, phase: PublishedMeasurement.Phase, sequences: Int, rows: Int,
    tokens: Int
  ) -> GPUWork {
    let widths = products.prefix(3).map(\.outputs)
    let core =
      phase == .decode
      ? kernels.cachedAttention(
        sequences: sequences, context: Double(tokens), keyWidth: widths[1], valueWidth: widths[2])
      : kernels.attention(
        sequences: sequences, queries: tokens, keys: tokens, heads: heads, queryWidth: widths[0],
        valueWidth: widths[0])
    return kernels.attentionModule(
      rows: rows, hiddenSize: head.depth, widths: widths, outputWidth: widths[0], core: core)
      + kernels.feedForwardModule(
        rows: rows, hiddenSize: head.depth, width: products[6].depth, gated: true)
  }

  /// Whether the model has the block that `fusedBlock` runs.
  var hasGatedBlock: Bool { products.count == 7 }

  /// Whether the counted bytes are of calls like this: keys and values of a step's context are a small part.
  func isCounted(_ phase: PublishedMeasurement.Phase, batch: Int, tokens: Int) -> Bool {
    batch == 1 && (phase == .decode ? (100...500).contains(tokens) : tokens == 256)
  }
}

extension Decoder {
  private static let columns = [
    "model", "architecture", "attention", "precision", "phase", "blocks", "heads",
    "key_value_heads", "head_size", "products", "kernels", "bytes", "head", "head_rows",
    "stem_kernels", "stem_bytes",
  ]

  /// The lines of a table in CSV. Throws `MeasurementError` naming line and column.
  package static func table(csv: String) throws(MeasurementError) -> [Name: Decoder] {
    var decoders: [Name: Decoder] = [:]
    for record in try CSVTable(csv, columns: columns).records {
      let phase = try record.value("phase", PublishedMeasurement.Phase.init)
      let precision = try record.value("precision", GPUPrecision.init)
      let name = Name(
        model: record["model"], attention: record["attention"], precision: precision, phase: phase)
      guard decoders.updateValue(try Decoder(record), forKey: name) == nil else {
        throw MeasurementError(description: "line \(record.line), model: repeats an earlier line")
      }
    }
    return decoders
  }

  private init(_ record: CSVTable.Record) throws(MeasurementError) {
    blocks = try record.count("blocks")
    heads = try record.count("heads")
    headSize = try record.count("head_size")
    products = try record.value("products") {
      let products = $0.split(separator: " ").map { Product(String($0)) }
      return products.isEmpty || products.contains(nil) ? nil : products.compactMap(\.self)
    }
    repeats = Dictionary(grouping: products) { $0 }
      .sorted { ($0.key.outputs, $0.key.depth) < ($1.key.outputs, $1.key.depth) }
      .map { ($0.key, Double($0.value.count)) }
    kernels = try record.count("kernels")
    bytes = Double(try record.count("bytes", limit: 1 << 48))
    head = try record.value("head", Product.init)
    headReadsLastToken = try record.count("head_rows") == 1
    stemKernels = try record.count("stem_kernels")
    stemBytes = Double(try record.count("stem_bytes", limit: 1 << 48))
  }
}

extension Decoder.Product {
  /// Of "outputs x depth".
  init?(_ text: String) {
    let sizes = text.split(separator: "x").map { Int($0) }
    guard sizes.count == 2, let outputs = sizes[0], let depth = sizes[1], min(outputs, depth) > 0,
      max(outputs, depth) <= 1_000_000
    else { return nil }
    (self.outputs, self.depth) = (outputs, depth)
  }
}

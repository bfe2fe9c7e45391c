import Artifacts
import HardwareModels
import Storage

/// A model as shapes alone, without weights: what a plan on modelled hardware needs.
///
/// A JSON file; `architectures/antgmm.json` is the one that ships.
package struct Architecture: Sendable {
  static let currentVersion = 1

  let name: String
  let description: String
  /// What the file takes for granted, in sentences.
  let assumptions: [String]
  let precision: GPUPrecision
  let engine: GPUEngine
  let workload: Workload
  let model: ModelShape
  /// Published figures to set beside the forecast; nil where there are none.
  let published: PublishedResults?

  /// Reads a file, or one that ships by its name. Throws `CommandFailure` where there is none,
  /// `StorageError` naming file and field where it cannot be used.
  package init(named name: String) throws {
    let shipped = ShippedFiles.names(in: "Architectures")
    let path = shipped.contains(name) ? ShippedFiles.path(in: "Architectures", name) : name
    guard path.hasSuffix(".json") else {
      throw CommandFailure(
        "--model \(name): planning without a profile needs an architecture, which is one that ships "
          + "(\(shipped.joined(separator: ", "))) or a JSON file; "
          + "for a checkpoint run `planner profile --model \(name)` first")
    }
    self = try Architecture(file: path)
  }

  package init(file path: String) throws {
    let document = try JSONDocument(file: path)
    let version = try document.int("formatVersion")
    guard version == Self.currentVersion else {
      throw try document.required("formatVersion")
        .malformed("\(version), this version reads \(Self.currentVersion)")
    }
    try document.reads(Fields.document)
    name = try document.string("name")
    description = try document.string("description")
    assumptions = try document.contains("assumptions") ? document.strings("assumptions") : []
    precision = try Self.choice(document, "precision", GPUPrecision.init, GPUPrecision.allCases)
    engine = try Self.choice(document, "engine", GPUEngine.init, GPUEngine.allCases)
    workload = try Workload(document: document.required("workload"))

    let language = try document.required("languageModel")
    try language.reads(Fields.languageModel)
    let shape = try LayerSizes(language)
    let languageModel = LanguageModelShape(
      vocabularySize: try language.size("vocabularySize", FieldLimits.table),
      maximumPositions: try language.size("maximumPositions", FieldLimits.table),
      learnedPositions: try !(language.optionalBool("rotary") ?? false),
      hiddenSize: shape.hiddenSize, blocks: shape.repeated(try shape.decoderBlock(language)),
      tiedHead: try language.optionalBool("tiedHead") ?? true)
    var vision: VisionShape?
    if let part = try document.optional("vision") {
      try part.reads(Fields.vision)
      let sizes = try LayerSizes(part)
      let image = try part.size("imageSize", FieldLimits.imageSize)
      let patch = try part.size("patchSize", FieldLimits.imageSize)
      guard patch <= image else { throw part.malformed("patchSize is above imageSize") }
      vision = VisionShape(
        imageSize: image, patchSize: patch, hiddenSize: sizes.hiddenSize,
        blocks: sizes.repeated(sizes.block(.gelu)))
    }
    var queryFormer: QFormerShape?
    if let part = try document.optional("queryFormer") {
      try part.reads(Fields.queryFormer)
      guard let vision else { throw part.malformed("a Q-Former needs a \"vision\" to read") }
      let sizes = try LayerSizes(part)
      let every = try part.size("crossAttentionEvery")
      let blocks = (0..<sizes.blocks).map { index in
        var block = sizes.block(.gelu)
        if index.isMultiple(of: every) {
          block.crossAttention = block.attention
          block.memorySize = vision.hiddenSize
        }
        return block
      }
      queryFormer = QFormerShape(
        queryCount: try part.size("queryCount", FieldLimits.queries), hiddenSize: sizes.hiddenSize,
        blocks: blocks)
    }
    model = ModelShape(vision: vision, queryFormer: queryFormer, languageModel: languageModel)
    guard let original = languageModel.uniform else {
      throw language.malformed("needs at least one block")
    }
    published = try document.optional("published").map { try PublishedResults($0, original) }
  }

  private static func choice<Value: RawRepresentable<String>>(
    _ document: JSONDocument, _ field: String, _ make: (String) -> Value?, _ all: [Value]
  ) throws -> Value {
    let text = try document.string(field)
    guard let value = make(text) else {
      let known = all.map(\.rawValue).joined(separator: ", ")
      throw try document.required(field).malformed("\"\(text)\" is none of \(known)")
    }
    return value
  }
}

/// Sizes of a stack of equal blocks, as an architecture file gives them.
private struct LayerSizes {
  let blocks: Int
  let hiddenSize: Int
  private let feedForwardWidth: Int
  private let heads: Int
  private let headSize: Int

  init(_ document: JSONDocument) throws {
    blocks = try document.size("blocks", FieldLimits.blocks)
    hiddenSize = try document.size("hiddenSize")
    feedForwardWidth = try document.size("feedForwardWidth")
    heads = try document.size("heads", FieldLimits.heads)
    headSize = try document.size("headSize", FieldLimits.headSize)
    guard FieldLimits.size.contains(heads * headSize) else {
      throw try document.required("headSize").malformed(
        "heads × headSize is above \(FieldLimits.size.upperBound)")
    }
  }

  func block(_ activation: Activation) -> BlockShape {
    BlockShape(
      hiddenSize: hiddenSize, attention: AttentionShape(queryHeads: heads, headSize: headSize),
      feedForward: FeedForwardShape(width: feedForwardWidth, activation: activation))
  }

  /// A block of a language model: OPT's, where the file says nothing else.
  func decoderBlock(_ document: JSONDocument) throws -> BlockShape {
    let shared = try document.contains("keyValueHeads") ? document.size("keyValueHeads") : heads
    guard heads.isMultiple(of: shared) else {
      throw try document.required("keyValueHeads").malformed("does not divide heads, \(heads)")
    }
    let isGated = try document.optionalBool("gated") ?? false
    let bias = try document.optionalBool("bias") ?? true
    let norm = try document.optionalString("norm") ?? NormKind.layer.rawValue
    guard let norm = NormKind(rawValue: norm) else {
      throw try document.required("norm").malformed("\"\(norm)\" is none of layer, rms")
    }
    return BlockShape(
      hiddenSize: hiddenSize,
      attention: AttentionShape(
        queryHeads: heads, keyValueHeads: shared, headSize: headSize, bias: bias),
      feedForward: FeedForwardShape(
        width: feedForwardWidth, activation: isGated ? .silu : .relu, gated: isGated, bias: bias),
      norm: norm)
  }

  func repeated(_ block: BlockShape) -> [BlockShape] { Array(repeating: block, count: blocks) }
}

extension JSONDocument {
  /// A size in a range.
  func size(_ name: String, _ range: ClosedRange<Int> = FieldLimits.size) throws -> Int {
    let value = try int(name)
    guard range.contains(value) else {
      throw try required(name).malformed(
        "\(value) is outside \(range.lowerBound) … \(range.upperBound)")
    }
    return value
  }

  /// A number above zero.
  func positive(_ name: String) throws -> Double { try required(name).asPositive }

  /// This number, where it is above zero.
  var asPositive: Double {
    get throws {
      let value = try asDouble
      guard value > 0, value <= FieldLimits.quantity else {
        throw malformed("\(value) is not above 0 and at most \(FieldLimits.quantity)")
      }
      return value
    }
  }
}

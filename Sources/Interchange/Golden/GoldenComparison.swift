package import Artifacts
import Storage
package import Transformers

/// How far this engine's numbers are from those of another engine on the same inputs.
package struct GoldenComparison: Codable, Sendable {
  package struct Item: Codable, Sendable {
    package var name: String
    /// At the element that comes closest to its tolerance, or exceeds it most.
    package var difference: Double
    /// What is allowed at that element.
    package var tolerance: Double
    package var passes: Bool { difference <= tolerance }
  }

  package var model: ContentReference
  package var items: [Item]
  /// Tensors of the golden file that no comparison understands.
  package var notCompared: [String]
  package var passes: Bool { !items.isEmpty && items.allSatisfy(\.passes) }
}

/// What a difference may be: `absolute` + `relative` · |golden|.
package struct GoldenTolerance: Sendable {
  package var absolute: Double
  package var relative: Double

  package init(absolute: Double, relative: Double = 0) {
    self.absolute = absolute
    self.relative = relative
  }
}

/// Compares a model with a golden file.
///
/// The file holds `input_ids` [B, T] and any of: `attention_mask`, `labels`, `pixel_values`, `logits`,
/// `loss`, hidden states (`block.…`, or `lm.block.…` beside `vision.…` and `qformer.…`), `grad.…` of
/// any parameter, a second, padded batch (`padded.…`), `greedy.ids` (four prompt tokens, then the
/// most probable ones), `kd.…` (0.7·T²·KL + 0.3·CE at T = 2) and `adamw.…` (steps of lr 1e-2, betas
/// 0.9 and 0.95, decay 0.1 on all parameters). Elements at masked places are not compared.
///
/// - Parameter tolerance: of logits and hidden states; gradients may differ by it and 1e-3·|g|.
/// - Throws: `StorageError` where the file lacks a tensor, or shapes do not fit the model.
package func compare(
  _ model: LoadedModel, withGolden path: String, tolerance: Double = 1e-4
) throws -> GoldenComparison {
  var comparer = GoldenComparer(
    model: model, file: try SafetensorsFile(path: path),
    plain: GoldenTolerance(absolute: tolerance),
    gradients: GoldenTolerance(absolute: tolerance, relative: 1e-3))
  try comparer.run()
  return GoldenComparison(
    model: model.content, items: comparer.items, notCompared: comparer.notCompared)
}

/// Collects the comparisons of one golden file.
struct GoldenComparer {
  let model: LoadedModel
  let file: SafetensorsFile
  let plain: GoldenTolerance
  let gradients: GoldenTolerance
  private(set) var items: [GoldenComparison.Item] = []
  private(set) var used: Set<String> = []

  init(
    model: LoadedModel, file: SafetensorsFile, plain: GoldenTolerance, gradients: GoldenTolerance
  ) {
    self.model = model
    self.file = file
    self.plain = plain
    self.gradients = gradients
  }

  var layout: ModelLayout { model.parameters.layout }
  var vocabulary: Int { layout.languageModel.shape.vocabularySize }
  var hidden: Int { layout.languageModel.shape.hiddenSize }

  var notCompared: [String] { file.names.filter { !used.contains($0) } }

  mutating func run() throws {
    try compareForwardAndBackward()
    try comparePaddedBatch()
    try compareGreedyGeneration()
    try compareOptimizer()
    guard !items.isEmpty else {
      throw malformed("logits", "the file holds nothing to compare")
    }
  }

  func malformed(_ field: String, _ reason: String) -> StorageError {
    .malformed(path: file.path, field: field, reason: reason)
  }

  mutating func markUsed(_ names: String...) { used.formUnion(names) }

  /// Records a comparison of `count` elements at the chosen rows of a golden [rows, width] tensor.
  ///
  /// - Parameter rows: rows of the golden tensor that `values` holds, in order; nil for all.
  mutating func check(
    _ name: String, _ values: UnsafePointer<Float>, rows: [Int]? = nil, width: Int = 1,
    totalRows: Int, tolerance: GoldenTolerance? = nil
  ) throws {
    guard file.contains(name) else { return }
    let golden = try file.floats(name)
    guard golden.count == totalRows * width else {
      throw malformed(
        name, "shape \(try file.tensor(name).shape), where \(totalRows * width) elements are needed"
      )
    }
    var worst = WorstDifference(tolerance ?? plain)
    var source = values
    for row in rows ?? Array(0..<totalRows) {
      for column in 0..<width {
        worst.add(Double(source[column]), golden: Double(golden[row * width + column]))
      }
      source += width
    }
    record(name, worst)
  }

  mutating func check(_ name: String, _ value: Double) throws {
    guard file.contains(name) else { return }
    let golden = try file.floats(name)
    guard golden.count == 1 else { throw malformed(name, "must be a single number") }
    var worst = WorstDifference(plain)
    worst.add(value, golden: Double(golden[0]))
    record(name, worst)
  }

  mutating func record(_ name: String, _ worst: WorstDifference) {
    markUsed(name)
    items.append(
      GoldenComparison.Item(name: name, difference: worst.difference, tolerance: worst.allowed))
  }

  /// Records tensors `prefix` + parameter name against a buffer that lies as the parameters do.
  ///
  /// - Parameter allowance: what each element may differ by in addition; lies as the parameters do.
  mutating func checkParameters(
    _ prefix: String, _ buffer: UnsafePointer<Float>, tolerance: GoldenTolerance,
    allowance: UnsafePointer<Float>? = nil
  ) throws {
    for name in file.names where name.hasPrefix(prefix) {
      let parameter = String(name.dropFirst(prefix.count))
      guard let view = layout.view(named: parameter) else {
        throw malformed(name, "the model has no parameter '\(parameter)'")
      }
      let golden = try file.floats(name, shape: view.storedShape)
      let values = view.storedElements(buffer + view.offset)
      let extra = allowance.map { view.storedElements($0 + view.offset) }
      var worst = WorstDifference(tolerance)
      for i in values.indices {
        worst.add(Double(values[i]), golden: Double(golden[i]), extra: Double(extra?[i] ?? 0))
      }
      record(name, worst)
    }
  }
}

/// The element that comes closest to its tolerance, or exceeds it most.
struct WorstDifference {
  private let tolerance: GoldenTolerance
  private var ratio = -1.0
  private(set) var difference = 0.0
  private(set) var allowed: Double

  init(_ tolerance: GoldenTolerance) {
    self.tolerance = tolerance
    allowed = tolerance.absolute
  }

  mutating func add(_ value: Double, golden: Double, extra: Double = 0) {
    let limit = tolerance.absolute + tolerance.relative * abs(golden) + extra
    let found = abs(value - golden)
    // A number that is none fails by more than any other.
    let distance = found.isFinite ? found : .greatestFiniteMagnitude
    let reached = distance / limit
    guard reached > ratio else { return }
    ratio = reached
    difference = distance
    allowed = limit
  }
}

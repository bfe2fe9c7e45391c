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

/// What a difference may be: `share` · max(`floor`, the tensor's largest golden number) + `relative` ·
/// |golden|.
///
/// Rounding in single precision grows with the numbers that were added up, so what two correct engines
/// differ by grows with the largest numbers of a tensor.
package struct GoldenTolerance: Sendable {
  package var share: Double
  package var floor: Double
  package var relative: Double

  package init(share: Double, floor: Double = 1, relative: Double = 0) {
    self.share = share
    self.floor = floor
    self.relative = relative
  }

  /// What every element of a tensor may differ by. Golden numbers that are none do not count.
  func absolute(largest golden: some Sequence<Float>) -> Double {
    share * golden.reduce(floor) { $1.isFinite ? max($0, Double(abs($1))) : $0 }
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
/// - Parameter tolerance: of losses, logits and hidden states, as a share of the largest golden number
///   of the tensor where that is above 1. Gradients may differ by this share of the tensor's largest,
///   or of a hundredth of the largest of all, and by 1e-3·|g|.
/// - Throws: `StorageError` where the file lacks a tensor, or shapes do not fit the model.
package func compare(
  _ model: LoadedModel, withGolden path: String, tolerance: Double = 1e-4
) throws -> GoldenComparison {
  var comparer = GoldenComparer(
    model: model, file: try SafetensorsFile(path: path),
    plain: GoldenTolerance(share: tolerance))
  try comparer.run()
  return GoldenComparison(
    model: model.content, items: comparer.items, notCompared: comparer.notCompared)
}

/// Collects the comparisons of one golden file.
struct GoldenComparer {
  let model: LoadedModel
  let file: SafetensorsFile
  let plain: GoldenTolerance
  private(set) var items: [GoldenComparison.Item] = []
  private(set) var used: Set<String> = []

  init(model: LoadedModel, file: SafetensorsFile, plain: GoldenTolerance) {
    self.model = model
    self.file = file
    self.plain = plain
  }

  /// Of the gradients whose names start with a prefix. One that is zero but for rounding is held to the
  /// size of the others.
  func gradients(_ prefix: String) throws -> GoldenTolerance {
    var largest: Float = 0
    for name in file.names where name.hasPrefix(prefix) {
      largest = try file.floats(name).reduce(largest) { $1.isFinite ? max($0, abs($1)) : $0 }
    }
    return GoldenTolerance(share: plain.share, floor: 0.01 * Double(largest), relative: 1e-3)
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
    totalRows: Int
  ) throws {
    guard file.contains(name) else { return }
    let golden = try file.floats(name)
    guard golden.count == totalRows * width else {
      throw malformed(
        name, "shape \(try file.tensor(name).shape), where \(totalRows * width) elements are needed"
      )
    }
    let rows = rows ?? Array(0..<totalRows)
    let compared = rows.lazy.flatMap { golden[($0 * width)..<(($0 + 1) * width)] }
    var worst = WorstDifference(plain, largest: compared)
    var source = values
    for row in rows {
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
    var worst = WorstDifference(plain, largest: golden)
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
      var worst = WorstDifference(tolerance, largest: golden)
      for i in values.indices {
        worst.add(Double(values[i]), golden: Double(golden[i]), extra: Double(extra?[i] ?? 0))
      }
      record(name, worst)
    }
  }
}

/// The element that comes closest to its tolerance, or exceeds it most.
struct WorstDifference {
  private let absolute: Double
  private let relative: Double
  private var ratio = -1.0
  private(set) var difference = 0.0
  private(set) var allowed: Double

  /// - Parameter golden: all numbers that are compared with.
  init(_ tolerance: GoldenTolerance, largest golden: some Sequence<Float>) {
    absolute = tolerance.absolute(largest: golden)
    relative = tolerance.relative
    allowed = absolute
  }

  mutating func add(_ value: Double, golden: Double, extra: Double = 0) {
    let found = abs(value - golden)
    // A number that is none fails by more than any other.
    let isNumber = found.isFinite
    let distance = isNumber ? found : .greatestFiniteMagnitude
    let limit = absolute + (isNumber ? relative * abs(golden) : 0) + extra
    let reached = distance == 0 ? 0 : distance / limit
    guard reached > ratio else { return }
    ratio = reached
    difference = distance
    allowed = limit
  }
}

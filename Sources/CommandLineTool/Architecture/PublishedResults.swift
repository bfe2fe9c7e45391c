import Artifacts
import Storage

/// What others published about a model's compression: throughput by stage, and a year's saving.
struct PublishedResults: Sendable {
  struct Baseline: Sendable {
    var label: String
    var samplesPerSecond: Double
  }

  /// A stage with the shape that is assumed for it.
  struct Stage: Sendable {
    var label: String
    var samplesPerSecond: Double
    var shape: UniformShape
  }

  struct Saving: Sendable {
    var label: String
    var energy: KilowattHours
  }

  let source: String
  /// Name of the hardware that the figures were measured on.
  let hardware: String
  /// Readings of the original's throughput, where the source contradicts itself.
  let baselines: [Baseline]
  let stages: [Stage]
  let requestsPerDay: [Double]
  let yearlySavings: [Saving]

  init(_ document: JSONDocument, _ original: UniformShape) throws {
    source = try document.string("source")
    hardware = try document.string("hardware")
    baselines = try document.array("baselines").map {
      Baseline(
        label: try $0.string("label"), samplesPerSecond: try $0.positive("samplesPerSecond"))
    }
    stages = try document.array("stages").map { stage in
      func size(_ name: String, _ whole: Int) throws -> Int {
        guard stage.contains(name) else { return whole }
        return try stage.size(name, 1...whole)
      }
      return Stage(
        label: try stage.string("label"), samplesPerSecond: try stage.positive("samplesPerSecond"),
        shape: UniformShape(
          blocks: try size("blocks", original.blocks),
          feedForwardWidth: try size("feedForwardWidth", original.feedForwardWidth),
          heads: try size("heads", original.heads),
          headSize: try size("headSize", original.headSize),
          hiddenSize: try size("hiddenSize", original.hiddenSize)))
    }
    requestsPerDay = try document.array("requestsPerDay").map { try $0.asPositive }
    yearlySavings = try document.array("yearlySavings").map {
      Saving(label: try $0.string("label"), energy: KilowattHours(try $0.positive("kilowattHours")))
    }
  }
}

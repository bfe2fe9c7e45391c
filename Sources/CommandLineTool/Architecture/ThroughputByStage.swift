package import Artifacts
import HardwareModels
import Planning

/// Predicted throughput before and after each stage, of the published shapes and of a plan's own.
package struct ThroughputByStage: Codable, Sendable {
  package struct Row: Codable, Sendable {
    package var label: String
    package var shape: UniformShape
    package var languageModelParameters: Int
    package var request: Expense
    package var samplesPerSecond: Double
    /// Throughput over the original's.
    package var ratio: Double
    package var publishedSamplesPerSecond: Double?
    /// The published ratio under each reading of the baseline, in the order of `baselines`.
    package var publishedRatios: [Double]
  }

  package struct Baseline: Codable, Sendable {
    package var label: String
    package var samplesPerSecond: Double
    /// Largest deviation of a predicted ratio from a published one, as a share of the latter.
    package var largestDeviation: Double?
  }

  package var baselines: [Baseline]
  package var rows: [Row]

  /// `gpu` predicts; `plan` gives the last shape of each of its stages.
  init(_ architecture: Architecture, gpu: AnalyticalGPU, plan: PlanRecord) throws {
    let language = architecture.model.languageModel
    let questions = Double(architecture.workload.sequences)
    let published = architecture.published
    let readings = published?.baselines.map(\.samplesPerSecond) ?? []
    var rows: [Row] = []
    func add(_ label: String, _ shape: UniformShape, published: Double?) throws {
      var model = architecture.model
      model.languageModel = language.resized(to: shape)
      let request = try gpu.request(model: model, workload: architecture.workload)
      let rate = questions / (request.time.value?.value ?? .infinity)
      rows.append(
        Row(
          label: label, shape: shape,
          languageModelParameters: language.parameterCount(at: shape), request: request,
          samplesPerSecond: rate, ratio: rate / (rows.first?.samplesPerSecond ?? rate),
          publishedSamplesPerSecond: published,
          publishedRatios: published.map { rate in readings.map { rate / $0 } } ?? []))
    }
    try add("original", plan.original.shape, published: nil)
    for stage in published?.stages ?? [] {
      try add(stage.label, stage.shape, published: stage.samplesPerSecond)
    }
    for stage in PruningStage.allCases {
      guard let last = plan.schedule.last(where: { $0.stage == stage }) else { continue }
      try add("plan, after \(stage.rawValue)", last.to, published: nil)
    }
    self.rows = rows
    baselines = (published?.baselines ?? []).enumerated().map { index, baseline in
      let deviations = rows.compactMap { row in
        row.publishedRatios.isEmpty ? nil : abs(row.ratio / row.publishedRatios[index] - 1)
      }
      return Baseline(
        label: baseline.label, samplesPerSecond: baseline.samplesPerSecond,
        largestDeviation: deviations.max())
    }
  }
}

/// A year's saving at several volumes, beside what was published.
package struct YearlySaving: Codable, Sendable {
  package struct Volume: Codable, Sendable {
    package var requestsPerDay: Double
    package var original: KilowattHours
    package var plan: KilowattHours
    package var saved: KilowattHours
  }

  package struct Claim: Codable, Sendable {
    package var label: String
    package var energy: KilowattHours
    /// Requests a day that would save as much, and cards that serve them without a pause.
    package var requestsPerDay: Double
    package var saturatedCards: Double
    /// The one nearest to the forecast, in proportion.
    package var isPlausible: Bool
  }

  package var volumes: [Volume]
  package var claims: [Claim]

  /// Nil where energies are unknown or nothing was published.
  init?(
    _ published: PublishedResults?, original: Expense, plan: Expense,
    powerUsageEffectiveness: Double
  ) {
    guard let published, let before = original.energy.value, let after = plan.energy.value,
      let latency = original.time.value, !published.requestsPerDay.isEmpty
    else { return nil }
    func year(_ energy: Joules, _ requestsPerDay: Double) -> KilowattHours {
      KilowattHours(Joules(energy.value * requestsPerDay * 365 * powerUsageEffectiveness))
    }
    volumes = published.requestsPerDay.map { requests in
      Volume(
        requestsPerDay: requests, original: year(before, requests), plan: year(after, requests),
        saved: year(Joules(before.value - after.value), requests))
    }
    let perDailyRequest = year(Joules(before.value - after.value), 1).value
    guard perDailyRequest > 0 else {
      claims = []
      return
    }
    let lowest = published.requestsPerDay.min() ?? 1
    let highest = published.requestsPerDay.max() ?? 1
    let volumes = published.yearlySavings.map { $0.energy.value / perDailyRequest }
    // Distance in proportion from the range of volumes.
    let factors = volumes.map { max($0 / highest, lowest / $0, 1) }
    claims = zip(published.yearlySavings, zip(volumes, factors)).map { saving, figures in
      Claim(
        label: saving.label, energy: saving.energy, requestsPerDay: figures.0,
        saturatedCards: figures.0 * latency.value / 86_400,
        isPlausible: figures.1 == factors.min() && figures.1 < 10)
    }
  }
}

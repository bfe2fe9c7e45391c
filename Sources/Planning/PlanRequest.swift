package import Artifacts

/// What the user asks of a plan. Every default is a documented assumption that a flag can replace.
package struct PlanRequest: Sendable {
  /// Latency of one request.
  package var latency: Seconds
  /// The speed-up of the original that the latency stands for, where it was asked for as one.
  package var speedUp: Double?
  /// Serving electricity of a year, PUE included.
  package var annualEnergy: KilowattHours?
  /// What the compression itself may spend, at the machine.
  package var compressionEnergy: KilowattHours?
  /// What the compression may take where no `compressionEnergy` is given.
  package var compressionTime = Seconds(570)
  package var requestsPerYear = 10_000_000.0
  /// Default: mean of data centres, Uptime Institute's survey of 2024.
  package var powerUsageEffectiveness = 1.56
  /// Name of the hardware in the profile that the constraints apply to.
  package var hardware = buildMachine
  package var strategy = "uniform"
  package var settings = CompressionSettings.standard
  /// Shapes that the plan may end in, as the format it is to be loadable by allows.
  package var allows: @Sendable (UniformShape) -> Bool = { _ in true }
  /// Of forecasts on `hardware`, where an execution has measured one of them.
  package var correction = ForecastCorrection.none
  /// What the compressed model may lose against the original, absolute, on validation entries.
  package var maximumAccuracyDrop = PlanningConstants.maximumAccuracyDrop
  /// Whether an original is accepted whose answers show nothing that could be lost.
  package var allowsFailingOriginal = false
  /// Rehearsals that the compression is known to take.
  package var rehearsals = 1

  package init(latency: Seconds) { self.latency = latency }

  /// Rehearsals that the schedule leaves time for: none on modelled hardware; every one that may follow
  /// where a limit on electricity has to hold.
  package var reservedRehearsals: Int {
    guard hardware == buildMachine else { return 0 }
    return compressionEnergy == nil
      ? rehearsals : max(rehearsals, PlanningConstants.mostRehearsals)
  }
}

extension CompressionSettings {
  package static let standard = CompressionSettings(
    seed: 1, batchCreatives: 32, importanceMiniBatchCreatives: 32, criterion: "taylor",
    pairwiseWeight: 1, pairwiseReading: "teacher-confidence", weightDecay: 0.1,
    tolerance: PlanningConstants.tolerance, precision: "f32", queryNoise: 0.3, teacherViews: 4)
}

/// Numbers that the planner assumes, in one place.
package enum PlanningConstants {
  /// Shapes are searched below this share of the latency target, so that noise does not break it.
  package static let latencyMargin = 0.97
  /// τ: accuracy that one step may lose against the original after its distillation.
  package static let tolerance = 0.25
  /// Accuracy that the compressed model may lose in the end where the user does not say.
  package static let maximumAccuracyDrop = Accuracy(0.05)
  /// Shapes that are rehearsed, at most.
  package static let mostRehearsals = 3
  /// A rehearsal below this share of the limit looks for a shape that uses the room.
  package static let roomShare = 0.92
  /// Accuracy that a shape must promise beyond the planned one to take its place where both meet the
  /// target: forecasts are not exact to less, and the larger shape costs more to serve.
  package static let worthwhileGain = 0.002
  /// Share of the compression time that the repair of a model that missed its target may take.
  package static let repairShare = 0.25
  /// No target, limit or volume of requests may be larger, each in its own unit.
  package static let largestRequest = 1e12
  /// A plan that uses less than this share of a limit is not bound by it.
  package static let bindingShare = 0.9
  /// Each step keeps at least this share of a dimension.
  package static let stepRatio = 0.6
  /// Steps of the inter-module and input/output stages, at most.
  package static let interModuleSteps = 3
  package static let inputOutputSteps = 2
  /// Share of the compression time that each step but the last gets.
  package static let intermediateShare = 0.07
  /// Share of the compression time that the final shape gets before finer paths are affordable.
  package static let finalShare = 0.5
  /// Share of the compression time that the teacher's answers to altered views may take; a smaller
  /// budget gets fewer views.
  package static let viewShare = 0.3
  package static let intermediateLearningRate = 6e-4
  package static let finalLearningRate = 8e-4
  /// Epochs at the final shape where no distillation was profiled.
  package static let unprofiledFinalEpochs = 10
  /// Logit drop after n times the distillation steps of a probe: drop · n^−exponent.
  package static let recoveryExponent = 0.5
  /// Logit drop for each e-fold of block size, depth or feed-forward share beyond what was probed.
  package static let extrapolationPenalty = 1.0
  /// Requests of the final measurement, of each model: 20 that count and 10 that warm up.
  package static let measuredRequests = 30
  /// Requests of one rehearsal, of each model, those that warm up included.
  package static let rehearsedRequests = 12
}

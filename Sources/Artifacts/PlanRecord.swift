/// The contract between `plan` and `execute`: the final shape, the schedule that leads to it, and
/// the content hashes of everything it was made from.
package struct PlanRecord: Codable, Sendable {
  package static let currentVersion = 1

  package var formatVersion: Int
  package var model: ModelReference
  package var data: DataReference?
  /// SHA-256 of the profile's bytes.
  package var profile: ContentReference
  package var workload: Workload
  package var target: PlanTarget
  package var strategy: String
  /// True where every shape of the stated space was compared.
  package var provenOptimal: Bool
  package var candidatesCompared: Int
  package var original: ShapeForecast
  package var final: ShapeForecast
  /// The best candidates and the baselines (uniform, random), for the report's table.
  package var alternatives: [ShapeForecast]
  package var schedule: [PlanStep]
  /// What the schedule is forecast to take.
  package var compression: Expense
  package var settings: CompressionSettings
  /// Sentences for the reader: what binds, what is implied by what, what crosses a target.
  package var notes: [String]
  /// The format that the final shape is loadable by ("hf", "onnx", "gguf"); nil where it was not
  /// limited, and in plans from before it was recorded.
  package var loadableBy: String?
  /// How questions are put; nil in plans from before there was a choice, which put them plainly.
  package var prompt: PromptFormat?
  /// SHA-256 of the files beside the weights: tokenizer, preprocessor; nil in older plans.
  package var companions: String?

  package init(
    formatVersion: Int = PlanRecord.currentVersion, model: ModelReference, data: DataReference?,
    profile: ContentReference, workload: Workload, target: PlanTarget, strategy: String,
    provenOptimal: Bool, candidatesCompared: Int, original: ShapeForecast, final: ShapeForecast,
    alternatives: [ShapeForecast], schedule: [PlanStep], compression: Expense,
    settings: CompressionSettings, notes: [String], loadableBy: String? = nil,
    prompt: PromptFormat? = nil
  ) {
    self.formatVersion = formatVersion
    self.model = model
    self.data = data
    self.profile = profile
    self.workload = workload
    self.target = target
    self.strategy = strategy
    self.provenOptimal = provenOptimal
    self.candidatesCompared = candidatesCompared
    self.original = original
    self.final = final
    self.alternatives = alternatives
    self.schedule = schedule
    self.compression = compression
    self.settings = settings
    self.notes = notes
    self.loadableBy = loadableBy
    self.prompt = prompt
  }
}

/// The constraints that the user named. All are hard.
package struct PlanTarget: Codable, Hashable, Sendable {
  /// Latency of one request.
  package var latency: Seconds
  /// Where the latency was asked for as a speed-up of the original: that speed-up. A measurement is
  /// judged by the original's latency in the same minutes.
  package var speedUp: Double?
  /// Serving electricity of a year at `requestsPerYear`, PUE included.
  package var annualEnergy: KilowattHours?
  /// What the compression itself may spend.
  package var compressionEnergy: KilowattHours?
  package var requestsPerYear: Double
  /// Power usage effectiveness: facility energy over computing energy.
  package var powerUsageEffectiveness: Double
  /// Name of the hardware in the profile that the constraints apply to.
  package var hardware: String
  /// What the compressed model may lose against the original, absolute, on validation entries; nil in
  /// plans from before there was such a limit.
  package var maximumAccuracyDrop: Accuracy?
  /// True where the user accepted an original whose answers show nothing that could be lost.
  package var allowsFailingOriginal: Bool?

  package init(
    latency: Seconds, speedUp: Double? = nil, annualEnergy: KilowattHours?,
    compressionEnergy: KilowattHours?, requestsPerYear: Double, powerUsageEffectiveness: Double,
    hardware: String, maximumAccuracyDrop: Accuracy? = nil, allowsFailingOriginal: Bool? = nil
  ) {
    self.latency = latency
    self.speedUp = speedUp
    self.annualEnergy = annualEnergy
    self.compressionEnergy = compressionEnergy
    self.requestsPerYear = requestsPerYear
    self.powerUsageEffectiveness = powerUsageEffectiveness
    self.hardware = hardware
    self.maximumAccuracyDrop = maximumAccuracyDrop
    self.allowsFailingOriginal = allowsFailingOriginal
  }

  /// The least accuracy that is allowed beside an original of so much; nil where there is no limit, or one
  /// that nothing could break.
  package func accuracyFloor(original: Accuracy) -> Accuracy? {
    maximumAccuracyDrop.map { original - $0 - Accuracy(Accuracy.slack) }
      .flatMap { $0 > .zero ? $0 : nil }
  }
}

/// What a shape is expected to cost and to be worth.
package struct ShapeForecast: Codable, Sendable {
  /// "plan", "original", "uniform baseline", "random baseline", …
  package var label: String
  package var shape: UniformShape
  package var languageModelParameters: Int
  /// One entry per hardware of the profile, same order.
  package var costs: [HardwareForecast]
  /// On validation entries, after the schedule.
  package var accuracy: Figure<Accuracy>

  package init(
    label: String, shape: UniformShape, languageModelParameters: Int, costs: [HardwareForecast],
    accuracy: Figure<Accuracy>
  ) {
    self.label = label
    self.shape = shape
    self.languageModelParameters = languageModelParameters
    self.costs = costs
    self.accuracy = accuracy
  }
}

package struct HardwareForecast: Codable, Sendable {
  package var hardware: String
  /// One request.
  package var request: Expense

  package init(hardware: String, request: Expense) {
    self.hardware = hardware
    self.request = request
  }
}

/// The paper's three stages.
package enum PruningStage: String, Codable, Sendable, CaseIterable {
  /// Stage 1: the last blocks.
  case blocks
  /// Stage 2: feed-forward and attention dimensions inside every block.
  case interModule
  /// Stage 3: hidden dimensions, the same everywhere.
  case inputOutput
}

/// One prune and the distillation that repairs it.
package struct PlanStep: Codable, Hashable, Sendable {
  package var index: Int
  package var stage: PruningStage
  package var from: UniformShape
  package var to: UniformShape
  package var epochs: Int
  package var learningRate: Double

  package init(
    index: Int, stage: PruningStage, from: UniformShape, to: UniformShape, epochs: Int,
    learningRate: Double
  ) {
    self.index = index
    self.stage = stage
    self.from = from
    self.to = to
    self.epochs = epochs
    self.learningRate = learningRate
  }
}

/// Everything about the execution that is a choice, recorded so that a plan is reproducible.
package struct CompressionSettings: Codable, Hashable, Sendable {
  package var seed: UInt64
  /// Creatives per optimiser step (five entries each in the embedded data).
  package var batchCreatives: Int
  /// Entries whose gradients are added before the absolute value of eq. 1 is taken.
  package var importanceMiniBatchCreatives: Int
  package var criterion: String
  /// Weight λ of the pairwise term in eq. 5.
  package var pairwiseWeight: Double
  /// Reading of the pairwise term: "teacher-confidence", "student-confidence", "margin".
  package var pairwiseReading: String
  package var weightDecay: Double
  /// Standard deviation of noise on the student's image features while it is distilled, relative to
  /// their root mean square; 0 for none, as in the paper.
  package var queryNoise: Double
  /// Altered views of every training image that the teacher answers itself, 0 for none, as in the
  /// paper. An epoch shows each image once, as it is or in one of its views.
  package var teacherViews: Int
  /// Bytes of the teacher's logits that are kept in memory; where they need more, the teacher runs
  /// again in every update.
  package var teacherCacheBytes: Double
  /// τ: accuracy that one step may lose against the original on validation entries.
  package var tolerance: Double
  package var precision: String

  package static let defaultTeacherCacheBytes = 2e9

  package init(
    seed: UInt64, batchCreatives: Int, importanceMiniBatchCreatives: Int, criterion: String,
    pairwiseWeight: Double, pairwiseReading: String, weightDecay: Double, tolerance: Double,
    precision: String, queryNoise: Double = 0, teacherViews: Int = 0,
    teacherCacheBytes: Double = Self.defaultTeacherCacheBytes
  ) {
    self.seed = seed
    self.batchCreatives = batchCreatives
    self.importanceMiniBatchCreatives = importanceMiniBatchCreatives
    self.criterion = criterion
    self.pairwiseWeight = pairwiseWeight
    self.pairwiseReading = pairwiseReading
    self.weightDecay = weightDecay
    self.queryNoise = queryNoise
    self.teacherViews = teacherViews
    self.teacherCacheBytes = teacherCacheBytes
    self.tolerance = tolerance
    self.precision = precision
  }
}

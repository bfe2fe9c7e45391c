/// One line of `journal.jsonl`: what `execute` did, in order, never rewritten.
package enum JournalEntry: Codable, Sendable {
  case started(Started)
  /// The plan was measured against its target and confirmed or revised; absent in journals from before
  /// execution did so.
  case adjusted(PlanAdjustment)
  case stepCommitted(StepCommitted)
  case stepRolledBack(StepRolledBack)
  case finished(Finished)

  /// One line of every session: the first, and each that resumes it.
  package struct Started: Codable, Sendable {
    /// What an execution was told to do where a measurement contradicts its plan.
    package enum Adaptation: String, Codable, Sendable {
      case asPlanned = "as-planned"
      case replay
      case measured
    }

    package var plan: ContentReference
    package var machine: MachineReference
    /// Of every product, in training and in serving; absent in journals from before there was a
    /// choice, which are f32.
    package var precision: String?
    /// How measurements were to be answered; absent in journals from before that was kept.
    package var adaptation: Adaptation?
    /// The unpruned model on validation entries.
    package var accuracy: AccuracyRecord
    /// Caching the teacher's outputs and judging it.
    package var expense: Expense

    package init(
      plan: ContentReference, machine: MachineReference, precision: String? = nil,
      adaptation: Adaptation? = nil, accuracy: AccuracyRecord, expense: Expense
    ) {
      self.plan = plan
      self.machine = machine
      self.precision = precision
      self.adaptation = adaptation
      self.accuracy = accuracy
      self.expense = expense
    }
  }

  package struct StepCommitted: Codable, Sendable {
    package var step: PlanStep
    /// Checkpoint of this step, relative to the run folder.
    package var checkpoint: ContentReference
    package var languageModelParameters: Int
    /// Validation accuracy right after the prune, and after the distillation.
    package var accuracyAfterPruning: AccuracyRecord
    package var accuracy: AccuracyRecord
    /// Mean distillation loss of every epoch.
    package var losses: [Double]
    /// One request at this shape, measured.
    package var request: Expense
    /// What the step itself took.
    package var expense: Expense

    package init(
      step: PlanStep, checkpoint: ContentReference, languageModelParameters: Int,
      accuracyAfterPruning: AccuracyRecord, accuracy: AccuracyRecord, losses: [Double],
      request: Expense, expense: Expense
    ) {
      self.step = step
      self.checkpoint = checkpoint
      self.languageModelParameters = languageModelParameters
      self.accuracyAfterPruning = accuracyAfterPruning
      self.accuracy = accuracy
      self.losses = losses
      self.request = request
      self.expense = expense
    }
  }

  package struct StepRolledBack: Codable, Sendable {
    package var step: PlanStep
    package var accuracy: AccuracyRecord
    package var reason: String
    package var expense: Expense

    package init(step: PlanStep, accuracy: AccuracyRecord, reason: String, expense: Expense) {
      self.step = step
      self.accuracy = accuracy
      self.reason = reason
      self.expense = expense
    }
  }

  package struct Finished: Codable, Sendable {
    /// SHA-256 of the compressed model's weights file.
    package var model: ContentReference
    package var shape: ModelShape
    package var originalTest: AccuracyRecord
    package var compressedTest: AccuracyRecord
    package var comparison: RequestComparison
    /// The model as it was written, on the entries that the accuracy floor counts on; nil in journals from
    /// before there was one.
    package var compressedValidation: AccuracyRecord?
    /// The final evaluation and measurement.
    package var expense: Expense

    package init(
      model: ContentReference, shape: ModelShape, originalTest: AccuracyRecord,
      compressedTest: AccuracyRecord, comparison: RequestComparison,
      compressedValidation: AccuracyRecord? = nil, expense: Expense
    ) {
      self.model = model
      self.shape = shape
      self.originalTest = originalTest
      self.compressedTest = compressedTest
      self.comparison = comparison
      self.compressedValidation = compressedValidation
      self.expense = expense
    }
  }
}

extension JournalEntry {
  /// What the entry's work took.
  package var expense: Expense {
    switch self {
    case .started(let entry): entry.expense
    case .adjusted(let entry): entry.expense
    case .stepCommitted(let entry): entry.expense
    case .stepRolledBack(let entry): entry.expense
    case .finished(let entry): entry.expense
    }
  }
}

extension Sequence where Element == JournalEntry {
  /// What measurements made of the plan, in order.
  package var adjustments: [PlanAdjustment] {
    compactMap { if case .adjusted(let adjustment) = $0 { adjustment } else { nil } }
  }
}

/// Original and compressed model serving the same requests, alternated in one run.
package struct RequestComparison: Codable, Sendable {
  package struct Side: Codable, Sendable {
    package var median: Figure<Seconds>
    package var percentile95: Figure<Seconds>
    package var energy: Figure<Joules>
    /// Every request's latency, in the order measured.
    package var samples: [Seconds]

    package init(
      median: Figure<Seconds>, percentile95: Figure<Seconds>, energy: Figure<Joules>,
      samples: [Seconds]
    ) {
      self.median = median
      self.percentile95 = percentile95
      self.energy = energy
      self.samples = samples
    }
  }

  package var workload: Workload
  package var original: Side
  package var compressed: Side
  /// Median latency of the original over that of the compressed model, and its 80 % interval.
  package var speedUp: Double
  package var speedUpLow: Double
  package var speedUpHigh: Double

  package init(
    workload: Workload, original: Side, compressed: Side, speedUp: Double, speedUpLow: Double,
    speedUpHigh: Double
  ) {
    self.workload = workload
    self.original = original
    self.compressed = compressed
    self.speedUp = speedUp
    self.speedUpLow = speedUpLow
    self.speedUpHigh = speedUpHigh
  }
}

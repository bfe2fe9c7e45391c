/// What each part of a model costs on each hardware, and how much accuracy each dimension carries.
///
/// Written by `profile` to `profile.json`; the only thing that `plan` reads.
package struct ProfileRecord: Codable, Sendable {
  package static let currentVersion = 2

  package var formatVersion: Int
  package var model: ModelReference
  /// Nil where the model has no weights: accuracy is then unavailable.
  package var data: DataReference?
  package var workload: Workload
  package var machine: MachineReference
  /// The build machine first, then modelled hardware.
  package var hardware: [HardwareCosts]
  package var sensitivity: SensitivityRecord?
  /// What profiling itself took: costs and probes apart.
  package var costExpense: Expense
  package var probeExpense: Expense?
  package var warnings: [String]
  /// How questions were put; nil in profiles from before there was a choice, which put them plainly.
  package var prompt: PromptFormat?
  /// The first validation questions, and what the original answered; nil where it was not asked.
  package var answers: [AnsweredQuestion]?
  /// Share of validation questions that one constant answer gets right; nil where it was not counted.
  package var chance: Accuracy?
  /// False where the original's loss is infinite or no number; nil where it was not measured.
  package var isFinite: Bool?
  /// SHA-256 of the files beside the weights: tokenizer, preprocessor; nil in older profiles.
  package var companions: String?

  package init(
    formatVersion: Int = ProfileRecord.currentVersion, model: ModelReference, data: DataReference?,
    workload: Workload, machine: MachineReference, hardware: [HardwareCosts],
    sensitivity: SensitivityRecord?, costExpense: Expense, probeExpense: Expense?,
    warnings: [String], prompt: PromptFormat? = nil, answers: [AnsweredQuestion]? = nil,
    chance: Accuracy? = nil, isFinite: Bool? = nil
  ) {
    self.formatVersion = formatVersion
    self.model = model
    self.data = data
    self.workload = workload
    self.machine = machine
    self.hardware = hardware
    self.sensitivity = sensitivity
    self.costExpense = costExpense
    self.probeExpense = probeExpense
    self.warnings = warnings
    self.prompt = prompt
    self.answers = answers
    self.chance = chance
    self.isFinite = isFinite
  }
}

extension ProfileRecord {
  /// Why the original's answers show nothing that a compression could lose; nil where they do, and where
  /// it was not asked.
  package var obstacleOfOriginal: String? {
    sensitivity.flatMap {
      Artifacts.obstacleOfOriginal($0.original, chance: chance, isFinite: isFinite ?? true)
    }
  }
}

/// The parts of a request whose costs are profiled apart.
package enum RequestPhase: String, Codable, Sendable, CaseIterable {
  /// Image encoder, once per creative.
  case vision
  /// Q-Former, once per creative.
  case queryFormer
  /// The language model reads the image prefix and the prompts.
  case prefill
  /// The language model generates the new tokens, all steps of a request together.
  case decode
}

/// The name of the machine that measures and executes, among the hardware of a profile.
package let buildMachine = "build"

/// Costs of one workload on one hardware.
package struct HardwareCosts: Codable, Sendable {
  /// `buildMachine` for the machine that profiled; else the name of a profile such as "a10".
  package var name: String
  package var description: String
  /// One whole request of the original model: latency and energy.
  package var request: Expense
  /// One whole request of the original, by phase; sums to `request` (in older profiles within noise).
  package var phases: [RequestPhaseCost]
  /// Cost of the language model by blocks at sampled shapes, prefill and decode apart.
  package var blocks: [BlockCostSample]
  /// Power drawn while a request runs, above idle and in all; nil where unknown.
  package var activePower: Figure<Watts>
  /// Taken before any work.
  package var idlePower: Figure<Watts>
  /// Power of installed memory that is in no other figure; nil where the hardware is modelled whole.
  package var reservedMemoryPower: Figure<Watts>?
  /// Why one block of the original costs what it costs, by hardware counters.
  package var explanation: BlockExplanation?

  package init(
    name: String, description: String, request: Expense, phases: [RequestPhaseCost],
    blocks: [BlockCostSample], activePower: Figure<Watts>, idlePower: Figure<Watts>,
    reservedMemoryPower: Figure<Watts>? = nil, explanation: BlockExplanation? = nil
  ) {
    self.name = name
    self.description = description
    self.request = request
    self.phases = phases
    self.blocks = blocks
    self.activePower = activePower
    self.idlePower = idlePower
    self.reservedMemoryPower = reservedMemoryPower
    self.explanation = explanation
  }
}

package struct RequestPhaseCost: Codable, Sendable {
  package var phase: RequestPhase
  package var cost: Expense

  package init(phase: RequestPhase, cost: Expense) {
    self.phase = phase
    self.cost = cost
  }
}

/// What a request costs in the language model by blocks of one shape.
///
/// The last block computes only the rows whose logits are wanted, so it costs less than the others:
/// a model of n such blocks costs `first` + (n − 1) · block.
package struct BlockCostSample: Codable, Sendable {
  package var hiddenSize: Int
  package var heads: Int
  package var headSize: Int
  package var feedForwardWidth: Int
  /// What one more block adds, by phase: (deeper model − shallower model) / blocks between, so that
  /// whatever a request costs besides cancels out.
  package var prefill: Expense
  package var decode: Expense
  /// A language model of this one block, by phase: embedding, last block, final norm and head.
  package var firstPrefill: Expense
  package var firstDecode: Expense

  package init(
    hiddenSize: Int, heads: Int, headSize: Int, feedForwardWidth: Int, prefill: Expense,
    decode: Expense, firstPrefill: Expense, firstDecode: Expense
  ) {
    self.hiddenSize = hiddenSize
    self.heads = heads
    self.headSize = headSize
    self.feedForwardWidth = feedForwardWidth
    self.prefill = prefill
    self.decode = decode
    self.firstPrefill = firstPrefill
    self.firstDecode = firstDecode
  }
}

/// Measured loss of accuracy per dimension: prune a little, distil briefly, evaluate.
package struct SensitivityRecord: Codable, Sendable {
  /// One probe: the original with a single dimension changed, after a short distillation.
  package struct Probe: Codable, Sendable {
    package var shape: UniformShape
    package var accuracy: AccuracyRecord
    /// Distillation steps (optimiser updates) before the evaluation.
    package var steps: Int
    package var expense: Expense
    /// Whole requests served by the probe; nil where none was measured.
    package var request: RequestCheck?

    package init(
      shape: UniformShape, accuracy: AccuracyRecord, steps: Int, expense: Expense,
      request: RequestCheck? = nil
    ) {
      self.shape = shape
      self.accuracy = accuracy
      self.steps = steps
      self.expense = expense
      self.request = request
    }
  }

  /// A whole request of a small model, beside one of the original in the same moment: what a sum of
  /// block costs is checked against.
  package struct RequestCheck: Codable, Sendable {
    package var time: Figure<Seconds>
    package var original: Figure<Seconds>

    package init(time: Figure<Seconds>, original: Figure<Seconds>) {
      self.time = time
      self.original = original
    }
  }

  /// The unpruned model on the same validation entries.
  package var original: AccuracyRecord
  package var probes: [Probe]
  /// Measured cost of distilling one entry, for the planner's compression budget: forward and
  /// backward per million language-model block parameters, and a fixed part.
  package var distillation: DistillationCost

  package init(original: AccuracyRecord, probes: [Probe], distillation: DistillationCost) {
    self.original = original
    self.probes = probes
    self.distillation = distillation
  }
}

/// Linear model of what distilling one entry takes: fixed + perMegaparameter · block parameters / 10⁶.
package struct DistillationCost: Codable, Sendable {
  package var fixed: Figure<Seconds>
  package var perMegaparameter: Figure<Seconds>
  /// Teacher outputs of one entry, computed once and cached.
  package var teacher: Figure<Seconds>
  /// Greedy generation and comparison of one entry by the original model.
  package var evaluation: Figure<Seconds>
  package var power: Figure<Watts>

  package init(
    fixed: Figure<Seconds>, perMegaparameter: Figure<Seconds>, teacher: Figure<Seconds>,
    evaluation: Figure<Seconds>, power: Figure<Watts>
  ) {
    self.fixed = fixed
    self.perMegaparameter = perMegaparameter
    self.teacher = teacher
    self.evaluation = evaluation
    self.power = power
  }
}

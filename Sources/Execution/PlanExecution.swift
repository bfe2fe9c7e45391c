package import Artifacts
package import Datasets
import Dispatch
import Foundation
package import Metering
import Pruning
import Storage
import Training
package import Transformers

/// Algorithm 1 of the paper, as a plan lays it out: prune, distil, evaluate, step by step.
///
/// A step is a transaction: its checkpoint and its journal line are on disk before the next one
/// begins, so a run that is killed loses at most the step in flight, and a resumed run ends in the
/// same bytes. Everything random comes from the plan's seed and the step's shapes. What a measurement
/// changes of the plan is a line of the journal before any step that depends on it.
package struct PlanExecution {
  package var plan: PlanRecord
  package var planReference: ContentReference
  package var model: LoadedModel
  package var data: Dataset
  package var processor: InputProcessor
  package var machine: MachineReference
  package var monitor: EnergyMonitor
  /// Folders and files of the run.
  package var journalPath: String
  package var checkpointFolder: String
  package var modelFolder: String
  package var progress: ProgressHandler?
  /// Counted requests of the original in the final measurement, and in a rehearsal.
  package var comparisonRepetitions = 14
  package var rehearsalRepetitions = 4
  package var adaptation = Adaptation.asPlanned
  /// What becomes of a measurement before it is used: itself, but in tests.
  package var measurement: MeasurementFilter = { _, _, measure in measure() }

  package init(
    plan: PlanRecord, planReference: ContentReference, model: LoadedModel, data: Dataset,
    processor: InputProcessor, machine: MachineReference, monitor: EnergyMonitor,
    journalPath: String, checkpointFolder: String, modelFolder: String, progress: ProgressHandler?
  ) {
    self.plan = plan
    self.planReference = planReference
    self.model = model
    self.data = data
    self.processor = processor
    self.machine = machine
    self.monitor = monitor
    self.journalPath = journalPath
    self.checkpointFolder = checkpointFolder
    self.modelFolder = modelFolder
    self.progress = progress
  }

  /// Runs the plan to its end and returns the journal's last entry.
  ///
  /// - Parameter resume: go on after the journal's last committed step; without it a journal that
  ///   is there already is refused.
  package func run(resume: Bool) throws -> JournalEntry.Finished {
    guard let precision = Precision(rawValue: plan.settings.precision) else {
      throw ExecutionError.unknownPrecision(plan.settings.precision)
    }
    // Original and compressed model run in the plan's precision, whatever the caller loaded.
    var execution = self
    execution.model = model.running(in: precision)
    return try execution.carryOut(resume: resume)
  }

  private func carryOut(resume: Bool) throws -> JournalEntry.Finished {
    var journal = try ExecutionJournal(path: journalPath)
    if let started = journal.started, started.plan.sha256 != planReference.sha256 {
      throw ExecutionError.changed([
        "the journal \(journalPath) belongs to another plan: remove it to execute this one"
      ])
    }
    if journal.finished != nil { throw ExecutionError.alreadyFinished(journal: journalPath) }
    if journal.started != nil && !resume {
      throw ExecutionError.unfinishedRun(journal: journalPath)
    }
    try checkOrder(journal)
    var execution = self
    execution.adaptation = try adaptation(resuming: journal)
    return try execution.carryOut(&journal)
  }

  private func carryOut(_ journal: inout ExecutionJournal) throws -> JournalEntry.Finished {
    guard model.parameters.layout.languageModel.shape.stockClassObstacle == nil else {
      throw ExecutionError.notLoadable(plan.final.shape)
    }
    if case .measuring = adaptation, PlanInForce(plan, journal: journal.entries).committed.isEmpty,
      let earlier = journal.entries.adjustments.last(where: { $0.cause == .rehearsal }),
      earlier.isOutOfReach == true
    {
      throw ExecutionError.targetOutOfReach(earlier.conclusion)
    }
    try FileManager.default.createDirectory(
      atPath: checkpointFolder, withIntermediateDirectories: true)

    let opening = monitor.begin()
    report("encoding images", fraction: 0)
    let context = try prepare()
    let original = judge(
      InferenceModel(model.parameters), on: context.validation, threads: context.threads)
    try requireAnswers(original, chance: context.validation.chance)
    // Of every session: what each spends counts.
    try journal.append(
      .started(
        JournalEntry.Started(
          plan: planReference, machine: machine, precision: plan.settings.precision,
          adaptation: adaptation.kind, accuracy: original.record,
          expense: monitor.end(opening))))
    try rehearse(context: context, journal: &journal)
    var current = try modelInForce(journal)
    var runner = StepRunner(
      execution: self, context: context, original: original, schedule: plan.schedule)
    while true {
      let state = PlanInForce(plan, journal: journal.entries)
      runner.schedule = state.schedule
      do {
        for step in state.remainingSteps {
          current = try runner.run(step, from: current, journal: &journal)
        }
        if state.isRepairing, repairBreaksFloor(journal.entries, original: original.record) {
          current = try undoRepair(
            "The repair broke the accuracy floor, which the model before it holds", &journal)
          continue
        }
      } catch ExecutionError.toleranceExceeded where state.isRepairing {
        // A model that misses its target is worth more than none.
        current = try undoRepair("The repair lost more accuracy than the tolerance", &journal)
        continue
      } catch ExecutionError.diverged where state.isRepairing {
        current = try undoRepair("The repair diverged", &journal)
        continue
      }
      let conclusion = Conclusion(execution: self, context: context, original: original)
      guard let finished = try conclusion.run(current, journal: &journal) else { continue }
      try journal.append(.finished(finished))
      return finished
    }
  }

  private func undoRepair(
    _ reason: String, _ journal: inout ExecutionJournal
  ) throws -> Parameters {
    try journal.append(
      .adjusted(
        PlanAdjustment(
          cause: .repairRolledBack, trials: [], revision: nil,
          conclusion: "\(reason): the model before it is kept.",
          expense: monitor.end(monitor.begin()))))
    return try modelInForce(journal)
  }

  /// Whether the repaired model is below the accuracy floor and the model before it is not.
  private func repairBreaksFloor(_ entries: [JournalEntry], original: AccuracyRecord) -> Bool {
    let start = entries.firstIndex {
      if case .adjusted(let adjustment) = $0 {
        adjustment.cause == .finalMeasurement
      } else {
        false
      }
    }
    guard let start, let floor = plan.target.accuracyFloor(original: original.overall),
      let before = PlanInForce(plan, journal: entries[..<start]).committed.last?.accuracy,
      let after = PlanInForce(plan, journal: entries).committed.last?.accuracy
    else { return false }
    return before.overall >= floor && after.overall < floor
  }

  /// The model after the last step that holds.
  private func modelInForce(_ journal: ExecutionJournal) throws -> Parameters {
    let state = PlanInForce(plan, journal: journal.entries)
    guard let last = state.committed.last else { return model.parameters }
    return try StepCheckpoint.load(
      (checkpointFolder as NSString).appendingPathComponent(last.checkpoint.name),
      expected: last.checkpoint
    ).running(in: model.parameters.layout.precision)
  }

  /// Refuses an original whose answers show nothing that a compression could lose, unless the plan
  /// accepts it.
  private func requireAnswers(_ original: Evaluation, chance: Accuracy) throws {
    guard plan.target.allowsFailingOriginal != true else { return }
    let reason =
      obstacleOfOriginal(original.record, chance: chance, isFinite: original.isFinite)
      ?? plan.target.maximumAccuracyDrop.flatMap {
        original.record.obstacleOfFloor(maximumDrop: $0)
      }
    if let reason { throw ExecutionError.originalCannotAnswer(reason) }
  }

  /// Measures the planned shape before the first step, or takes from a journal what another run made of
  /// it. A journal whose steps began without a rehearsal goes on without one.
  ///
  /// - Throws: `ExecutionError.targetOutOfReach` where no shape that was rehearsed comes near the target:
  ///   minutes of distillation would end in a model that misses it.
  private func rehearse(context: Context, journal: inout ExecutionJournal) throws {
    let state = PlanInForce(plan, journal: journal.entries)
    guard !state.hasRehearsed, state.committed.isEmpty, !plan.schedule.isEmpty else { return }
    let adjustment: PlanAdjustment
    switch adaptation {
    case .asPlanned: return
    case .following(let entries, _):
      guard var followed = entries.adjustments.first(where: { $0.cause == .rehearsal }) else {
        return
      }
      followed.isReplayed = true
      followed.expense = monitor.end(monitor.begin())
      adjustment = followed
    case .measuring(let reviser):
      guard measuresItsTarget else { return }
      adjustment = try Rehearsal(execution: self, context: context, reviser: reviser).run()
    }
    try journal.append(.adjusted(adjustment))
    if adjustment.isOutOfReach == true, adjustment.isReplayed != true {
      throw ExecutionError.targetOutOfReach(adjustment.conclusion)
    }
    report("rehearsal", fraction: 0.03, message: adjustment.conclusion)
  }

  /// What all steps share: encoded splits, the teacher's cached outputs, the request.
  struct Context {
    let train: PreparedSplit
    let validation: PreparedSplit
    let teacher: TeacherViews
    let request: [ServingItem]
    let threads: Int
    let reading: any PairwiseReading
  }

  private func prepare() throws -> Context {
    let threads = plan.workload.threads
    guard
      let reading = pairwiseReadings.first(where: { $0.name == plan.settings.pairwiseReading })
    else {
      throw ExecutionError.unknownReading(
        plan.settings.pairwiseReading, known: pairwiseReadings.map(\.name))
    }
    let request = makeRequest(
      workload: plan.workload, creatives: data.validation, processor: processor,
      model: model.parameters.layout.shape)
    try checkPositions(request)
    func split(_ name: String, _ creatives: [Creative]) -> PreparedSplit {
      PreparedSplit(
        name: name, creatives: creatives, tasks: data.tasks, processor: processor,
        model: model.parameters, threads: threads)
    }
    let train = split("train", data.train)
    let progress = self.progress
    var generator = SeededGenerator(seed: plan.settings.seed, stream: "views")
    return Context(
      train: train, validation: split("validation", data.validation),
      teacher: TeacherViews(
        of: train, creatives: data.train, count: plan.settings.teacherViews,
        teacher: model.parameters, memoryLimit: plan.settings.teacherCacheBytes, threads: threads,
        generator: &generator
      ) {
        progress?(
          ProgressUpdate(stage: "teacher outputs", step: 0, steps: 0, fraction: 0.02 * $0))
      },
      request: request, threads: threads, reading: reading.make())
  }

  func report(
    _ stage: String, fraction: Double, step: Int = 0, steps: Int = 0, loss: Double? = nil,
    accuracy: Double? = nil, message: String? = nil, remaining: Seconds? = nil
  ) {
    progress?(
      ProgressUpdate(
        stage: stage, step: step, steps: steps, fraction: fraction, loss: loss,
        accuracy: accuracy, message: message, remaining: remaining))
  }
}

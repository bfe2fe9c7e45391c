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
/// same bytes. Everything random comes from the plan's seed and the step's shapes.
package struct PlanExecution {
  package var plan: PlanRecord
  package var planReference: ContentReference
  package var model: LoadedModel
  package var data: Dataset
  package var tokenizer: BytePairTokenizer
  package var machine: MachineReference
  package var monitor: EnergyMonitor
  /// Folders and files of the run.
  package var journalPath: String
  package var checkpointFolder: String
  package var modelFolder: String
  package var progress: ProgressHandler?
  package var comparisonRepetitions = 14

  package init(
    plan: PlanRecord, planReference: ContentReference, model: LoadedModel, data: Dataset,
    tokenizer: BytePairTokenizer, machine: MachineReference, monitor: EnergyMonitor,
    journalPath: String, checkpointFolder: String, modelFolder: String, progress: ProgressHandler?
  ) {
    self.plan = plan
    self.planReference = planReference
    self.model = model
    self.data = data
    self.tokenizer = tokenizer
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
    guard model.parameters.layout.languageModel.shape.stockClassObstacle == nil else {
      throw ExecutionError.notLoadable(plan.final.shape)
    }
    try FileManager.default.createDirectory(
      atPath: checkpointFolder, withIntermediateDirectories: true)

    let opening = monitor.begin()
    report("encoding images", fraction: 0)
    let context = try prepare()
    let original = evaluate(
      InferenceModel(model.parameters), on: context.validation,
      threads: context.threads)
    if journal.started == nil {
      try journal.append(
        .started(
          JournalEntry.Started(
            plan: planReference, machine: machine, precision: plan.settings.precision,
            accuracy: original, expense: monitor.end(opening)))
      )
    }
    var current = model.parameters
    if let last = journal.lastCommitted {
      current = try StepCheckpoint.load(
        (checkpointFolder as NSString).appendingPathComponent(last.checkpoint.name),
        expected: last.checkpoint
      ).running(in: current.layout.precision)
    }
    let runner = StepRunner(
      execution: self, context: context, original: original,
      total: plan.schedule.reduce(0) { $0 + StepRunner.weight($1) })
    for step in remainingSteps(after: journal.lastCommitted) {
      current = try runner.run(step, from: current, journal: &journal)
    }
    let finished = try finish(current, context: context)
    try journal.append(.finished(finished))
    return finished
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
    func split(_ name: String, _ creatives: [Creative]) -> PreparedSplit {
      PreparedSplit(
        name: name, creatives: creatives, tasks: data.tasks, tokenizer: tokenizer,
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
      request: makeRequest(
        workload: plan.workload, creatives: data.validation, tokenizer: tokenizer,
        model: model.parameters.layout.shape), threads: threads, reading: reading.make())
  }

  /// The schedule after a committed step. A step that was split is finished first.
  private func remainingSteps(after last: JournalEntry.StepCommitted?) -> [PlanStep] {
    guard let last else { return plan.schedule }
    var rest = plan.schedule.filter { $0.index > last.step.index }
    if let planned = plan.schedule.first(where: { $0.index == last.step.index }),
      planned.to != last.step.to
    {
      var half = planned
      half.from = last.step.to
      rest.insert(half, at: 0)
    }
    return rest
  }

  /// Writes the compressed checkpoint, reads it back as a user would, judges it on the test split,
  /// and serves requests with both models in turn.
  private func finish(_ student: Parameters, context: Context) throws -> JournalEntry.Finished {
    let window = monitor.begin()
    report("final evaluation", fraction: 0.97)
    try Checkpoint.save(
      student, to: modelFolder, format: model.format, configuration: model.configuration)
    try copyTokenizer()
    let written = try Checkpoint.load(folder: modelFolder, name: "model").running(
      in: model.parameters.layout.precision)
    let test = PreparedSplit(
      name: "test", creatives: data.test, tasks: data.tasks, tokenizer: tokenizer,
      model: model.parameters, threads: context.threads)
    let originalModel = InferenceModel(model.parameters)
    let compressedModel = InferenceModel(written.parameters)
    func accuracy(_ model: InferenceModel) -> AccuracyRecord {
      evaluate(
        model, on: test, threads: context.threads)
    }
    let originalTest = accuracy(originalModel)
    let compressedTest = accuracy(compressedModel)
    let comparison = compareRequests(
      original: RequestServer(model: originalModel, threads: context.threads),
      compressed: RequestServer(model: compressedModel, threads: context.threads),
      request: context.request, workload: plan.workload, repetitions: comparisonRepetitions,
      monitor: monitor
    ) { self.report("final measurement", fraction: 0.97 + 0.03 * $0) }
    return JournalEntry.Finished(
      model: written.content, shape: written.parameters.layout.shape, originalTest: originalTest,
      compressedTest: compressedTest, comparison: comparison, expense: monitor.end(window))
  }

  /// Tokenizer and image-processor files travel with the weights.
  private func copyTokenizer() throws {
    let files = FileManager.default
    for name in [
      "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "added_tokens.json",
      "special_tokens_map.json", "chat_template.jinja", "preprocessor_config.json",
      "processor_config.json", "generation_config.json",
    ] {
      let source = (model.folder as NSString).appendingPathComponent(name)
      guard let bytes = files.contents(atPath: source) else { continue }
      try AtomicFile.write(bytes, to: (modelFolder as NSString).appendingPathComponent(name))
    }
  }

  func report(
    _ stage: String, fraction: Double, step: Int = 0, loss: Double? = nil, accuracy: Double? = nil,
    message: String? = nil, remaining: Seconds? = nil
  ) {
    progress?(
      ProgressUpdate(
        stage: stage, step: step, steps: step > 0 ? plan.schedule.count : 0, fraction: fraction,
        loss: loss, accuracy: accuracy, message: message, remaining: remaining))
  }
}

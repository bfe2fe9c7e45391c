import Artifacts
import CommandLineTool
import Datasets
import Foundation
import Storage
import TestSupport
import Testing
import Transformers

/// A run of a tiny model, from profile to report, made by the commands themselves: what its files say
/// is then changed field by field.
final class EditedRun: Sendable {
  private let temporary: TemporaryFolder
  let profile: Data
  let plan: Data
  /// Has every kind of entry.
  let journal: Data

  var teacher: String { temporary.path + "/teacher" }
  var path: String { temporary.path }

  init() throws {
    let temporary = try TemporaryFolder()
    self.temporary = temporary
    let (teacher, data) = (temporary.path + "/teacher", temporary.path + "/data")
    try Checkpoint.save(TinyModel.make(), to: teacher, storedType: .f32, imageToken: 443)
    try EmbeddedData.tokenizer.write(to: teacher)
    try writeDataset(tinyDataset(), to: data)
    let folder = RunFolder(path: temporary.path + "/source")
    let workload = temporary.path + "/workload.json"
    try Data(Self.workload.utf8).write(to: URL(filePath: workload))
    try Self.run(
      "profile", "--quick", "--model", teacher, "--data", data, "--workload", workload, "--run",
      folder.path)
    var record = try folder.readProfile().record
    // A few samples, so that a file is read in a moment.
    for index in record.hardware.indices {
      record.hardware[index].blocks = Array(record.hardware[index].blocks.prefix(5))
    }
    let probes = record.sensitivity?.probes.prefix(4) ?? []
    record.sensitivity?.probes = Array(probes)
    profile = try ArtifactCoding.document(record)
    try profile.write(to: URL(filePath: folder.profile))

    try Self.run(
      "plan", "--target-ms", "1000000", "--allow-failing-original", "--run", folder.path)
    var planned = try folder.readPlan().record
    Self.shorten(&planned)
    plan = try ArtifactCoding.document(planned)
    try plan.write(to: URL(filePath: folder.plan))

    try Self.run("execute", "--as-planned", "--run", folder.path)
    let entries = try folder.readJournal(of: planned)
    journal = try Self.withEveryKind(entries, planned).map(ArtifactCoding.line).reduce(Data(), +)
  }

  private static let workload = """
    {"name": "tiny", "creatives": 2, "questionsPerCreative": 2, "promptTokens": 10, "newTokens": 3,
     "threads": 1}
    """

  private static func run(_ arguments: String...) throws {
    let outcome = Outcome(arguments: arguments)
    try #require(outcome.code == 0, "\(arguments): \(outcome.error)")
  }

  /// One step of each stage, one epoch each, whatever the machine's pace would have planned.
  private static func shorten(_ plan: inout PlanRecord) {
    var shape = plan.original.shape
    var steps: [PlanStep] = []
    func step(_ stage: PruningStage, _ change: (inout UniformShape) -> Void) {
      let from = shape
      change(&shape)
      steps.append(
        PlanStep(
          index: steps.count + 1, stage: stage, from: from, to: shape, epochs: 1,
          learningRate: 1e-3))
    }
    step(.blocks) { $0.blocks = 1 }
    step(.interModule) { ($0.feedForwardWidth, $0.headSize) = (32, 12) }
    step(.inputOutput) { $0.hiddenSize = 24 }
    plan.schedule = steps
    plan.final.shape = shape
    plan.settings.teacherViews = 1
    plan.settings.tolerance = 1
  }

  /// The entries with a step that was rolled back, a rehearsal that kept the plan's steps, and a final
  /// measurement.
  private static func withEveryKind(
    _ entries: [JournalEntry], _ plan: PlanRecord
  ) throws -> [JournalEntry] {
    guard case .stepCommitted(let first)? = entries.first(where: \.isCommitted),
      case .finished(let finished)? = entries.last
    else { throw NoSuchEntry() }
    func adjustment(_ cause: PlanAdjustment.Cause, _ revision: PlanRevision?) -> JournalEntry {
      .adjusted(
        PlanAdjustment(
          cause: cause,
          trials: [
            PlanAdjustment.Trial(
              forecast: plan.final, comparison: finished.comparison, latencyLimit: Seconds(1),
              energyLimit: Joules(1))
          ], revision: revision, conclusion: "measured", isReplayed: false,
          expense: first.expense))
    }
    let revision = PlanRevision(
      basis: RevisionBasis(
        correction: ForecastCorrection(latency: 1.1, energy: 0.9), latencyLimit: Seconds(1),
        original: finished.comparison.original.median),
      final: plan.final, schedule: plan.schedule, compression: plan.compression)
    let rolledBack = JournalEntry.stepRolledBack(
      .init(
        step: first.step, accuracy: first.accuracy, reason: "fell", expense: first.expense))
    return [entries[0], adjustment(.rehearsal, revision), rolledBack]
      + entries.dropFirst().dropLast() + [adjustment(.finalMeasurement, nil), .finished(finished)]
  }

  private struct NoSuchEntry: Error {}

  /// The plan as if it had been made from another profile.
  func plan(of other: Data) -> Data { Self.replace(profile, by: other, in: plan) }

  /// The journal as if it told of another plan.
  func journal(of other: Data) -> Data { Self.replace(plan, by: other, in: journal) }

  private static func replace(_ old: Data, by new: Data, in document: Data) -> Data {
    let text = String(decoding: document, as: UTF8.self)
    return Data(text.replacing(sha256(of: old), with: sha256(of: new)).utf8)
  }

  /// A folder of its own with the run's files, as they were.
  func copy(_ name: String) throws -> RunFolder {
    let folder = RunFolder(path: temporary.path + "/" + name)
    try folder.create()
    try profile.write(to: URL(filePath: folder.profile))
    try plan.write(to: URL(filePath: folder.plan))
    try journal.write(to: URL(filePath: folder.journal))
    return folder
  }
}

extension JournalEntry {
  fileprivate var isCommitted: Bool { if case .stepCommitted = self { true } else { false } }
}

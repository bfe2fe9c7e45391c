import Artifacts
import CommandLineTool
import Foundation
import HardwareModels
import Storage
import TestSupport
import Testing

/// Single fields of everything that is read, changed one at a time: every command that reads them ends
/// in moments with an exit code of the tool and, where it refuses, one line. What traps ends the test
/// process; the document that did it is left in the temporary folder.
@Suite(.serialized) struct FieldEditTests {
  private static let run = Result { try EditedRun() }
  private static let seed: UInt64 = 7

  /// What edits of one document gave.
  private struct Tally {
    var edits = 0
    var refused = 0
  }

  /// Writes every edit to `file` and runs `commands` on it. An edit of a line stands in its document
  /// among the others.
  private func tryEdits(
    _ count: Int, of document: Data, isJournal: Bool = false, at file: String,
    _ commands: [[String]], prepare: (Data) throws -> Void
  ) throws -> Tally {
    let lines =
      isJournal ? document.split(separator: UInt8(ascii: "\n")).map { Data($0) } : [document]
    var tally = Tally()
    for (place, line) in lines.enumerated() {
      let value = try JSONValue.parse(line, path: file)
      let share = (count + lines.count - 1) / lines.count
      for edit in FieldEdit.sample(share, of: value, seed: Self.seed + UInt64(place)) {
        var edited = lines
        edited[place] = Data(edit.text(of: value).utf8)
        // Removed first: file systems flush a file that is cut and written again.
        try? FileManager.default.removeItem(atPath: file)
        let bytes = edited.reduce(into: Data()) { $0 += $1 + Data("\n".utf8) }
        try bytes.write(to: URL(filePath: file))
        try prepare(bytes)
        tally.edits += 1
        for command in commands {
          let watchdog = Watchdog(seconds: 60, "\(command[0]), line \(place + 1), \(edit)")
          let outcome = Outcome(arguments: command)
          withExtendedLifetime(watchdog) {}
          let isTyped = outcome.hasOneErrorLine && !outcome.error.contains("unexpected ")
          #expect(
            outcome.code == 0 || ([1, 2, 3].contains(outcome.code) && isTyped),
            "\(command[0]), line \(place + 1), \(edit): \(outcome.code) \(outcome.error)")
          if outcome.code != 0 && outcome.error.contains(file) { tally.refused += 1 }
        }
      }
    }
    return tally
  }

  @Test func everyEditEndsInMoments() throws {
    let run = try Self.run.get()
    var tallies: [Tally] = []
    func edits(
      _ count: Int, _ document: Data, _ name: String, isJournal: Bool = false,
      _ commands: (RunFolder) -> [[String]],
      prepare: (RunFolder, Data) throws -> Void = { _, _ in }
    ) throws {
      let folder = try run.copy(name)
      let file = isJournal ? folder.journal : folder.file(name + ".json")
      tallies.append(
        try tryEdits(
          count, of: document, isJournal: isJournal, at: file,
          commands(folder).map { $0.contains("--run") ? $0 : $0 + ["--run", folder.path] }
        ) { try prepare(folder, $0) })
      #expect((tallies.last?.refused ?? 0) > count / 4, "\(name): hardly anything was refused")
    }
    try edits(600, run.plan, "plan") { _ in
      // There is no data of that name: an accepted plan gets so far and no further.
      [["status"], ["report"], ["execute", "--data", run.path + "/nowhere"]]
    } prepare: { folder, plan in
      // The journal is of the edited plan: else its hash alone would be refused.
      try run.journal(of: plan).write(to: URL(filePath: folder.journal))
    }
    let reported = try run.copy("reported")
    try edits(400, run.profile, "profile") { folder in
      [
        ["plan", "--allow-failing-original", "--run", folder.path],
        ["report", "--run", reported.path],
      ]
    } prepare: { folder, profile in
      // One folder to plan in, where nothing was carried out, and one whose run is of the edited profile.
      try? FileManager.default.removeItem(atPath: folder.journal)
      try profile.write(to: URL(filePath: reported.profile))
      let plan = run.plan(of: profile)
      try plan.write(to: URL(filePath: reported.plan))
      try run.journal(of: plan).write(to: URL(filePath: reported.journal))
    }
    try edits(600, run.journal, "journal", isJournal: true) { folder in
      [
        ["status"], ["report"],
        ["execute", "--data", run.path + "/nowhere", "--replay", folder.journal],
      ]
    }
    try edits(120, Data(Self.workload.utf8), "workload") { folder in
      [
        [
          "profile", "--model", run.path + "/nowhere", "--workload", folder.file("workload.json"),
          "--run", folder.file("fresh"),
        ]
      ]
    }
    try edits(250, Data(Self.architecture.utf8), "architecture") { folder in
      [["plan", "--model", folder.file("architecture.json")]]
    }
    let card = try Data(contentsOf: URL(filePath: ShippedFiles.path(in: "Profiles", "a10")))
    try edits(120, card, "card") { folder in
      let model = folder.file("model.json")
      try? Data(Self.architecture.utf8).write(to: URL(filePath: model))
      return [["plan", "--model", model, "--hardware", folder.file("card.json")]]
    }
    #expect(tallies.reduce(0) { $0 + $1.edits } >= 2_000)
  }

  /// What is not refused is carried out: in full, within a time.
  @Test func acceptedPlansAreExecuted() throws {
    let run = try Self.run.get()
    let value = try JSONValue.parse(run.plan, path: "plan.json")
    let folder = try run.copy("executed")
    var executed = 0
    for edit in FieldEdit.sample(.max, of: value, seed: 11) {
      guard executed < 30 else { break }
      // A million epochs are a long wish, not a wrong one.
      if "\(edit)".contains("epochs") { continue }
      try Data(edit.text(of: value).utf8).write(to: URL(filePath: folder.plan))
      guard (try? folder.readPlan()) != nil else { continue }
      for rest in [folder.journal, folder.checkpoints, folder.model] {
        try? FileManager.default.removeItem(atPath: rest)
      }
      let watchdog = Watchdog(seconds: 60, "execute, \(edit)")
      let outcome = Outcome("execute", "--as-planned", "--run", folder.path)
      withExtendedLifetime(watchdog) {}
      #expect([0, 1, 3].contains(outcome.code), "\(edit): \(outcome.code)")
      if outcome.code == 1 {
        #expect(!outcome.error.contains("unexpected "), "\(edit): \(outcome.error)")
      }
      executed += 1
    }
    #expect(executed == 30)
  }

  static let workload = """
    {"name": "w", "creatives": 1, "questionsPerCreative": 4, "promptTokens": 64, "newTokens": 16,
     "threads": 1}
    """

  static let architecture = """
    {"formatVersion": 1, "name": "test", "description": "a test", "assumptions": ["one"],
     "precision": "f16", "engine": "fused", "workload": \(workload),
     "vision": {"imageSize": 64, "patchSize": 16, "blocks": 2, "hiddenSize": 32,
       "feedForwardWidth": 64, "heads": 2, "headSize": 16},
     "queryFormer": {"queryCount": 4, "blocks": 2, "hiddenSize": 32, "feedForwardWidth": 64,
       "heads": 2, "headSize": 16, "crossAttentionEvery": 2},
     "languageModel": {"blocks": 4, "hiddenSize": 64, "feedForwardWidth": 128, "heads": 4,
       "headSize": 16, "keyValueHeads": 2, "gated": true, "norm": "rms", "bias": false,
       "rotary": true, "tiedHead": false, "vocabularySize": 320, "maximumPositions": 128},
     "published": {"source": "nowhere", "hardware": "a10",
       "baselines": [{"label": "b", "samplesPerSecond": 2.5}],
       "stages": [{"label": "s", "samplesPerSecond": 5, "blocks": 2}],
       "requestsPerDay": [1000], "yearlySavings": [{"label": "y", "kilowattHours": 10}]}}
    """
}

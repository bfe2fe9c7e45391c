import Artifacts
import CommandLineTool
import Foundation
import Storage
import TestSupport
import Testing

/// What a refusal says: file, field, what is there and what is allowed.
@Suite struct FieldRangeTests {
  private let temporary: TemporaryFolder
  private let folder: RunFolder

  init() throws {
    temporary = try TemporaryFolder()
    folder = RunFolder(path: temporary.path)
    try SampleRun.write(SampleRun.profile(), to: folder)
    try SampleRun.write(SampleRun.plan(), to: folder)
    try SampleRun.write(Self.journal, to: folder)
  }

  private static let journal = [
    SampleRun.started, SampleRun.rolledBack, SampleRun.committed, SampleRun.secondCommitted,
    SampleRun.finished,
  ]

  /// Replaces the value of a field in a file's text.
  private func replace(_ field: String, _ value: String, in file: String, line: Int? = nil) throws {
    var lines = [try Data(contentsOf: URL(filePath: file))]
    if line != nil { lines = lines[0].split(separator: UInt8(ascii: "\n")).map { Data($0) } }
    let place = (line ?? 1) - 1
    let document = try JSONValue.parse(lines[place], path: file)
    let edit = try #require(
      FieldEdit.all(of: document).first {
        "\($0)".hasPrefix(field + ": ") && $0.change == .removed
      }, "\(field)")
    lines[place] = Data(
      FieldEdit(place: edit.place, change: .replaced(value)).text(of: document).utf8)
    try lines.reduce(into: Data()) { $0 += $1 + Data("\n".utf8) }.write(to: URL(filePath: file))
  }

  private func expectRefusal(_ outcome: Outcome, _ text: String) {
    #expect(outcome.code == 1 && outcome.hasOneErrorLine, "\(outcome.code) \(outcome.error)")
    #expect(outcome.error.contains(text), "\(outcome.error)")
    #expect(outcome.output.isEmpty)
  }

  @Test(arguments: [
    ("workload.threads", "0", "0 is outside 1 … 1024"),
    ("workload.threads", "-1", "-1 is outside 1 … 1024"),
    ("workload.newTokens", "0", "0 is outside 1 … 10000"),
    ("settings.batchCreatives", "0", "0 is outside 1 … 1000000"),
    ("settings.importanceMiniBatchCreatives", "0", "0 is outside 1 … 1000000"),
    ("settings.teacherViews", "2147483648", "2147483648 is outside 0 … 64"),
    ("settings.tolerance", "1000000", "1000000.0 is outside 0.0 … 1.0"),
    ("settings.criterion", "\"luck\"", "\"luck\" is none of taylor"),
    ("settings.pairwiseReading", "\"luck\"", "\"luck\" is none of teacher-confidence"),
    ("settings.precision", "\"f8\"", "\"f8\" is none of f32, bf16"),
    ("strategy", "\"luck\"", "\"luck\" is none of uniform"),
    ("target.latency", "-4", "-4.0 is not above 0"),
    ("target.hardware", "\"b200\"", "forecasts of build and not of \"b200\""),
    ("schedule[1].to.heads", "-4", "-4 is outside 1 … 65536"),
    ("schedule[0].to.blocks", "4611686018427387904", "is outside 1 … 1000"),
    ("schedule[0].to.blocks", "4", "4 blocks"),
    ("schedule[1].learningRate", "-4", "-4.0 is not above 0 and at most 10.0"),
    ("schedule[1].index", "1", "1 does not follow 1"),
    ("final.shape.blocks", "3", "is not where the schedule ends"),
    ("original.shape.heads", "1", "is not the model's"),
    ("final.costs[0].request.time.high", "0", "0.0 is below the value, 0.6"),
    ("model.shape.languageModel.maximumPositions", "4611686018427387904", "is outside 1 …"),
    ("model.shape.languageModel.blocks[1].attention.keyValueHeads", "3", "does not divide"),
  ])
  func fieldsOfAPlan(field: String, value: String, reason: String) throws {
    try replace(field, value, in: folder.plan)
    for command in ["status", "report", "execute"] {
      let outcome = Outcome(command, "--run", folder.path)
      expectRefusal(outcome, folder.plan)
      expectRefusal(outcome, reason)
    }
    #expect(!folder.exists(folder.model))
  }

  @Test(arguments: [
    (
      "model.shape.languageModel.maximumPositions", "4611686018427387904", "is outside 1 … 16777216"
    ),
    ("hardware[0].blocks[0].heads", "0", "0 is outside 1 … 65536"),
    ("hardware[0].request.time.value", "-1", "-1.0 is outside 0.0 …"),
    ("hardware[0].phases[1].phase", "\"vision\"", "another one of the same name"),
    ("model.precision", "\"f8\"", "\"f8\" is none of f32"),
  ])
  func fieldsOfAProfile(field: String, value: String, reason: String) throws {
    try replace(field, value, in: folder.profile)
    for command in ["plan", "status", "report"] {
      let outcome = Outcome(command, "--run", folder.path)
      expectRefusal(outcome, "\(folder.profile): field ")
      expectRefusal(outcome, reason)
    }
  }

  @Test(arguments: [
    (1, "started._0.accuracy.tasks[0].total", "9223372036854775807", "is outside 0 …"),
    (3, "stepCommitted._0.accuracy.tasks[0].correct", "101", "101 is outside 0 … 100"),
    (3, "stepCommitted._0.step.to.heads", "-4", "-4 is outside 1 … 65536"),
    (5, "finished._0.comparison.speedUp", "0", "0.0 is not above 0"),
    (5, "finished._0.comparison.compressed.median.high", "0", "0.0 is below the value"),
  ])
  func fieldsOfAJournal(line: Int, field: String, value: String, reason: String) throws {
    try replace(field, value, in: folder.journal, line: line)
    for command in ["status", "report"] {
      let outcome = Outcome(command, "--run", folder.path)
      expectRefusal(outcome, "\(folder.journal), line \(line): field \(field): ")
      expectRefusal(outcome, reason)
    }
  }

  @Test func aKeyThatStandsTwice() throws {
    let text = try String(contentsOfFile: folder.plan, encoding: .utf8)
      .replacingOccurrences(of: "\"strategy\"", with: "\"strategy\" : \"uniform\", \"strategy\"")
    try text.write(toFile: folder.plan, atomically: true, encoding: .utf8)
    expectRefusal(Outcome("status", "--run", folder.path), "the key \"strategy\" twice")
  }

  @Test func entriesInAnImpossibleOrder() throws {
    let (started, committed, finished) = (
      SampleRun.started, SampleRun.committed, SampleRun.finished
    )
    for (entries, reason) in [
      ([finished, started], "line 1: no execution had started"),
      ([committed], "line 1: no execution had started"),
      (Self.journal + [finished], "line 6: the execution had finished"),
      (Self.journal + [started], "line 6: the execution had finished"),
    ] {
      try SampleRun.write(entries, to: folder)
      for command in ["status", "report"] {
        expectRefusal(Outcome(command, "--run", folder.path), reason)
      }
    }
  }

  /// Lines that are well by themselves, and not those of this plan.
  @Test func entriesThatAreNotOfThePlan() throws {
    for (entries, reason) in [
      ([SampleRun.started, SampleRun.secondCommitted], "line 2: step 2 is not the next one"),
      ([SampleRun.started, SampleRun.finished], "line 2: the execution finished without step 1"),
      (
        [SampleRun.started, SampleRun.committed, SampleRun.committed],
        "line 3: step 1 is not the next one"
      ),
      (
        [SampleRun.started, SampleRun.committed, SampleRun.revised],
        "line 3: a rehearsal comes once"
      ),
    ] {
      try SampleRun.write(entries, to: folder)
      for command in ["report", "status"] {
        expectRefusal(Outcome(command, "--run", folder.path), reason)
      }
    }
  }

  /// A pipe that nobody writes to would be waited for without end.
  @Test func pipesAndDevicesAreNoFiles() throws {
    let pipe = temporary.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let watchdog = Watchdog(seconds: 30, "a named pipe")
    defer { withExtendedLifetime(watchdog) {} }
    for file in [folder.profile, folder.plan, folder.journal] {
      let bytes = try Data(contentsOf: URL(filePath: file))
      for special in [pipe, "/dev/zero"] {
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: special)
        let outcome = Outcome("status", "--run", folder.path)
        expectRefusal(outcome, file)
        expectRefusal(outcome, "not a regular file")
      }
      try FileManager.default.removeItem(atPath: file)
      try bytes.write(to: URL(filePath: file))
    }
    let (run, json) = (folder.path, temporary.path + "/pipe.json")
    #expect(mkfifo(json, 0o600) == 0)
    for arguments in [
      ["execute", "--run", run, "--replay", pipe],
      ["profile", "--run", temporary.path + "/other", "--workload", pipe],
      ["plan", "--model", json],
      ["plan", "--model", "antgmm", "--hardware", pipe],
    ] {
      expectRefusal(Outcome(arguments: arguments), "not a regular file")
    }
  }
}

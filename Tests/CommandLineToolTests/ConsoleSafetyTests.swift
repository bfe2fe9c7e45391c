import Artifacts
import CommandLineTool
import Foundation
import Testing

/// What a file says reaches people, and never steers their terminal.
@Suite struct ConsoleSafetyTests {
  private static let hostile = "x\u{1B}[31m\u{7}\u{9B}2J\r\u{202E}\u{7F}y"
  private static let shown = "x\\u{1B}[31m\\u{7}\\u{9B}2J\\u{D}\\u{202E}\\u{7F}y"
  private let output = MemoryStream()

  private func console(_ error: MemoryStream = MemoryStream()) -> Console {
    Console(output: output, error: error, environment: [:], clock: { .zero })
  }

  @Test func resultsKeepTheirLinesAndNothingElse() throws {
    try console().print("one\n\(Self.hostile)\ntwo")
    #expect(output.text == "one\n\(Self.shown)\ntwo\n")
  }

  @Test func aNoteIsOneLine() {
    let error = MemoryStream()
    console(error).note("\(Self.hostile)\nplanner: all is well")
    #expect(error.text == "planner: \(Self.shown)\\u{A}planner: all is well\n")
  }

  @Test(arguments: [false, true]) func progressCannotLeaveItsLine(_ isTerminal: Bool) {
    let error = MemoryStream(isTerminal: isTerminal, width: 300)
    console(error).progress(
      ProgressUpdate(
        stage: Self.hostile, step: 1, steps: 2, fraction: 0.5, message: Self.hostile + "\nz"))
    let own = error.text.replacing("\r\u{1B}[2K", with: "").replacing("\u{1B}[32m", with: "")
      .replacing("\u{1B}[0m", with: "")
    #expect(
      own.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
    #expect(own.contains("\(Self.shown)\\u{A}z"))
    #expect(own.contains("\(Self.shown) 1/2"))
  }

  @Test func errorsThatNameAFileAreSafe() {
    let name = "no\u{1B}[31m\u{9B}such"
    let outcome = Outcome("describe", "--model", name)
    #expect(outcome.code == 1)
    #expect(outcome.hasOneErrorLine)
    #expect(outcome.error.contains("no\\u{1B}[31m\\u{9B}such"))
    #expect(!outcome.error.contains("\u{1B}") && !outcome.error.contains("\u{9B}"))
  }

  @Test func copiedTreesCannotWriteToTheTerminal() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "console-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let zone = folder.appending(path: "sys/class/powercap/intel-rapl:0")
    try FileManager.default.createDirectory(at: zone, withIntermediateDirectories: true)
    try Data("package-0\u{1B}[31m\u{9B}2J\u{202E}\n".utf8).write(to: zone.appending(path: "name"))
    try Data("5\n".utf8).write(to: zone.appending(path: "energy_uj"))
    for options in [[], ["--json"], ["--until", folder.path], ["--json", "--until", folder.path]] {
      let outcome = Outcome(arguments: ["doctor", "--sysfs", folder.path] + options)
      #expect(outcome.code == 0)
      #expect(
        outcome.output.unicodeScalars.allSatisfy {
          $0 == "\n" || ($0.properties.generalCategory != .control && $0.value != 0x202E)
        })
      if options.first == "--json" {
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        #expect("\(document)".contains("package-0"))
      }
    }
  }
}

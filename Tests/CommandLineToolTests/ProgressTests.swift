import Artifacts
import CommandLineTool
import Testing

@Suite struct ProgressTests {
  private let update = ProgressUpdate(
    stage: "distil", step: 3, steps: 12, fraction: 0.425, loss: 0.12345, accuracy: 0.9512,
    remaining: Seconds(80))

  @Test func plainLine() {
    #expect(
      ProgressLine.plain(update)
        == "distil 3/12, 42 %, loss 0.1235, accuracy 0.951, 1 min 20 s left")
  }

  @Test func plainLineWithLittleToSay() {
    let update = ProgressUpdate(stage: "probe", step: 0, steps: 0, fraction: .nan)
    #expect(ProgressLine.plain(update) == "probe, 0 %")
  }

  @Test func barShowsEveryFigure() {
    let bar = ProgressLine.bar(update, width: 120, color: false)
    let filled = String(repeating: "━", count: 10) + String(repeating: "─", count: 14)
    #expect(bar == "distil 3/12 \(filled)  42 %  loss 0.1235  accuracy 0.951  ETA 1 min 20 s")
  }

  @Test(arguments: [1, 10, 40, 79, 80, 81, 200])
  func barFitsTheTerminal(width: Int) {
    #expect(ProgressLine.bar(update, width: width, color: false).count < width)
  }

  @Test(arguments: [-1.0, 2, .infinity, .nan])
  func barSurvivesBadFractions(fraction: Double) {
    let update = ProgressUpdate(stage: "x", step: 0, steps: 0, fraction: fraction)
    #expect(!ProgressLine.bar(update, width: 80, color: false).isEmpty)
  }

  @Test func barIsRedrawnAtMostTenTimesASecond() {
    var pacer = ProgressPacer(forTerminal: true)
    let shown = (0..<1_000).filter { pacer.shows(update, at: Seconds(Double($0) / 1_000)) }
    #expect(shown.count == 10)
  }

  @Test func logTellsEachStageTheEndAndASignOfLife() {
    var pacer = ProgressPacer(forTerminal: false)
    func shows(_ stage: String, _ fraction: Double, at time: Double) -> Bool {
      pacer.shows(
        ProgressUpdate(stage: stage, step: 0, steps: 0, fraction: fraction), at: Seconds(time))
    }
    #expect(shows("a", 0, at: 0))
    #expect(!shows("a", 0.1, at: 1))
    #expect(shows("b", 0.2, at: 2))
    #expect(!shows("b", 0.3, at: 11))
    #expect(shows("b", 0.4, at: 12))
    #expect(shows("b", 1, at: 13))
  }

  private func render(isTerminal: Bool, _ environment: [String: String] = [:]) throws -> String {
    let error = MemoryStream(isTerminal: isTerminal, width: 100)
    let console = Console(
      output: MemoryStream(), error: error, environment: environment, clock: { Seconds(0) })
    console.progress(update)
    try console.print("result")
    return error.text
  }

  @Test func pipeGetsPlainLines() throws {
    #expect(try render(isTerminal: false) == ProgressLine.plain(update) + "\n")
    #expect(try render(isTerminal: true, ["TERM": "dumb"]) == ProgressLine.plain(update) + "\n")
  }

  @Test func terminalGetsABarThatIsWipedBeforeResults() throws {
    let wipe = "\r\u{1B}[2K"
    let bar = ProgressLine.bar(update, width: 100, color: true)
    #expect(bar.contains("\u{1B}[32m"))
    #expect(try render(isTerminal: true) == wipe + bar + wipe)
    #expect(try render(isTerminal: true, ["NO_COLOR": ""]) == wipe + bar + wipe)
  }

  @Test func noColorIsRespected() throws {
    let plain = ProgressLine.bar(update, width: 100, color: false)
    let text = try render(isTerminal: true, ["NO_COLOR": "1"])
    #expect(text.contains(plain))
    #expect(!text.contains("[32m"))
  }

  @Test func messagesOutliveTheBar() {
    let error = MemoryStream(isTerminal: true, width: 100)
    let console = Console(output: MemoryStream(), error: error, environment: [:])
    console.progress(update)
    var message = update
    message.message = "step 3 rolled back"
    console.progress(message)
    #expect(error.text.contains("\r\u{1B}[2Kplanner: step 3 rolled back\n"))
  }
}

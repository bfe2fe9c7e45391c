import Artifacts
import CommandLineTool
import Testing

@Suite struct ViewTests {
  @Test func planAsTables() {
    var plan = SampleRun.plan()
    plan.notes = ["latency binds"]
    let lines = plan.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines[0] == "target: 650 ms a request on build")
    #expect(lines[1] == "strategy: uniform, 2 shapes compared, the optimum of its space")
    #expect(lines.contains { $0.hasPrefix("plan ") && $0.contains("600 ms") && $0.contains("2×8") })
    #expect(lines.contains { $0.hasPrefix("1 ") && $0.contains("blocks") })
    #expect(lines.last == "· latency binds")
    // Modelled figures are marked, measured ones are not.
    #expect(plan.text.contains("~12.0 J"))
    #expect(!plan.text.contains("~600 ms"))
  }

  @Test func planWithoutSteps() {
    var plan = SampleRun.plan()
    plan.schedule = []
    #expect(plan.text.contains("nothing to remove: the original meets the target"))
  }
}

import Artifacts
import CommandLineTool
import Foundation
import Metering
import Testing

/// Machines differ, so only what holds on every one of them.
@Suite struct DoctorCommandTests {
  /// One run of the command, because it watches the machine for ten seconds.
  @Test func examinesAnyMachine() throws {
    let start = ContinuousClock.now
    let outcome = Outcome("doctor", "--json")
    #expect(ContinuousClock.now - start >= .seconds(10))
    #expect(outcome.code == 0, "\(outcome.error)")
    let examination = try ArtifactCoding.decode(
      Examination.self, from: Data(outcome.output.utf8))
    #expect(!examination.sources.isEmpty && !examination.verdict.isEmpty)
    #expect(examination.idlePower.provenance != .attributed)
    let spin = try #require(examination.jitter.time.value)
    // On a busy machine most of the ten seconds are other programs'.
    #expect(examination.jitter.samples >= 5 && spin.value > 0)

    let text = examination.text
    #expect(text.hasPrefix(examination.verdict))
    #expect(text.contains("monotonic clock") && text.contains("noise: a fixed loop of"))
    #expect(text.contains("idle: ") && text.contains("memory beyond the model's: "))
    if examination.meter == "power-model" {
      #expect(text.contains("an energy saving is a CPU-time saving"))
    }
  }
}

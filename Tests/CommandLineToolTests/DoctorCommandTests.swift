import CommandLineTool
import Foundation
import Testing

/// Machines differ, so only what holds on every one of them.
@Suite struct DoctorCommandTests {
  @Test func explainsAnyMachine() {
    let outcome = Outcome("doctor")
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.contains("clock"))
    #expect(outcome.output.contains("noise: a fixed loop of"))
  }

  @Test func jsonHasSourcesAndJitter() throws {
    let outcome = Outcome("doctor", "--json")
    #expect(outcome.code == 0)
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let fields = try #require(document as? [String: Any])
    #expect((fields["sources"] as? [Any])?.isEmpty == false)
    #expect(fields["jitter"] is [String: Any])
  }
}

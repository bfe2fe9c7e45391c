import Artifacts
import Foundation
import Testing

@Suite struct FigureTests {
  @Test func everyProvenanceSurvivesCoding() throws {
    let figures: [Figure<Joules>] = [
      .measured(Joules(1), low: Joules(0.5), high: Joules(2), source: "RAPL"),
      .modelled(Joules(2), source: "model"), .attributed(Joules(3), source: "share"),
      .unavailable("torn cable"),
    ]
    let bytes = try ArtifactCoding.document(figures)
    #expect(try ArtifactCoding.decode([Figure<Joules>].self, from: bytes) == figures)
  }

  /// A number is nothing without its provenance, its source and its interval.
  @Test(arguments: [
    #"{"value": 1, "low": 1, "high": 1, "source": "x"}"#,
    #"{"value": 1, "low": 1, "high": 1, "provenance": "measured"}"#,
    #"{"value": 1, "low": 1, "high": 1, "provenance": "guessed", "source": "x"}"#,
    #"{"value": 1, "provenance": "measured", "source": "x"}"#,
    #"{"value": 1, "low": 1, "provenance": "modelled", "source": "x"}"#,
    #"{"provenance": "measured", "source": "x"}"#,
    #"{"value": 1, "low": 1, "high": 1, "provenance": "unavailable", "source": "x"}"#,
    "1",
  ])
  func aBareNumberIsRefused(text: String) {
    #expect(throws: DecodingError.self) {
      try ArtifactCoding.decode(Figure<Joules>.self, from: Data(text.utf8))
    }
  }
}

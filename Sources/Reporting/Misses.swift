import Artifacts

extension Headline {
  /// What was asked and was not shown to hold, a sentence each; empty where all of it was.
  package var misses: [String] {
    var misses: [String] = []
    func add<Q: Quantity>(_ outcome: TargetOutcome<Q>?) {
      guard let outcome, !outcome.verdict.isMet else { return }
      misses.append(
        "\(outcome.name): at most \(words(.measured(outcome.limit, source: ""))) asked, "
          + "\(words(outcome.reached)) reached")
    }
    add(latencyTarget)
    add(annualEnergyTarget)
    add(compressionEnergyTarget)
    if let floor = accuracyFloor, !floor.verdict.isMet {
      misses.append(
        "\(floor.name): at least \(words(.measured(floor.floor, source: ""))) asked, "
          + "\(words(floor.reached)) reached")
    }
    return misses
  }

  private func words<Q: Quantity>(_ figure: Figure<Q>) -> String {
    PrintedFigure(figure).text ?? "nothing that is known (\(figure.source))"
  }
}

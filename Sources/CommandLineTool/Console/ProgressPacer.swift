package import Artifacts

/// Decides which updates are worth showing; libraries report as often as they like.
package struct ProgressPacer: Sendable {
  /// The shortest time between two redraws of a bar: ten a second.
  package static let redrawInterval = Seconds(0.1)
  /// The longest silence of a log while work goes on.
  package static let logInterval = Seconds(10)

  private let interval: Seconds
  private let showsEveryStage: Bool
  private var lastShown: Seconds?
  private var lastStage: String?

  /// For a bar, every update is like another; a log also gets each new stage and the end.
  package init(forTerminal: Bool) {
    interval = forTerminal ? Self.redrawInterval : Self.logInterval
    showsEveryStage = !forTerminal
  }

  /// True where the update is to be shown at time `now`, of any monotonic clock.
  package mutating func shows(_ update: ProgressUpdate, at now: Seconds) -> Bool {
    let isNews =
      showsEveryStage
      && (update.stage != lastStage || update.fraction >= 1 || update.message != nil)
    let isDue = lastShown.map { now - $0 >= interval } ?? true
    guard isNews || isDue else { return false }
    lastShown = now
    lastStage = update.stage
    return true
  }
}

package import Artifacts
import Reporting

/// One update as one line of text.
package enum ProgressLine {
  /// For a log: "distil 3/12, 42 %, loss 0.1234, accuracy 0.951, 1 min 20 s left".
  package static func plain(_ update: ProgressUpdate) -> String {
    let remaining = update.remaining.map { "\(duration($0.value)) left" }
    let parts =
      [place(update), share(update)] + figures(update) + [remaining, update.message?.visible()]
    return parts.compactMap(\.self).joined(separator: ", ")
  }

  /// For a terminal: the same figures beside a bar, cut to `width` columns.
  package static func bar(_ update: ProgressUpdate, width: Int, color: Bool) -> String {
    let cells = 24
    let done = Int((clamped(update.fraction) * Double(cells)).rounded(.down))
    let remaining = update.remaining.map { "ETA \(duration($0.value))" }
    let head = place(update) + " "
    let figures = ([share(update).leftPadding(to: 5)] + figures(update) + [remaining])
      .compactMap(\.self).joined(separator: "  ")
    let filled = String(repeating: "━", count: done)
    let empty = String(repeating: "─", count: cells - done)
    guard head.count + cells + 1 + figures.count < width else {
      return String((head + figures).prefix(max(0, width - 1)))
    }
    // Colour codes take no columns, so they are added after the width is settled.
    let bar = color ? "\u{1B}[32m\(filled)\u{1B}[0m\(empty)" : filled + empty
    return head + bar + " " + figures
  }

  private static func place(_ update: ProgressUpdate) -> String {
    let stage = update.stage.visible()
    return update.steps > 0 ? "\(stage) \(update.step)/\(update.steps)" : stage
  }

  private static func share(_ update: ProgressUpdate) -> String {
    "\(Int((clamped(update.fraction) * 100).rounded(.down))) %"
  }

  private static func figures(_ update: ProgressUpdate) -> [String?] {
    [
      update.loss.map { "loss \(fixed($0, 4))" },
      update.accuracy.map { "accuracy \(fixed($0, 3))" },
    ]
  }

  /// A library's rounding, or its bug, must not break a line of the log.
  private static func clamped(_ fraction: Double) -> Double {
    fraction.isNaN ? 0 : min(1, max(0, fraction))
  }
}

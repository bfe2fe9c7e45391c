package import Artifacts
import Foundation
import Reporting
import Synchronization

/// Results on standard output, everything else on standard error.
///
/// A bar on the terminal is wiped before any other line appears and left wiped at the end. Whatever a
/// text took over from a file, it cannot steer the terminal: control characters are spelled out. Safe
/// to use from any thread.
package final class Console: Sendable {
  private struct State {
    var pacer: ProgressPacer
    var barIsVisible = false
  }

  private let output: any ConsoleStream
  private let error: any ConsoleStream
  private let drawsBar: Bool
  private let usesColor: Bool
  private let clock: @Sendable () -> Seconds
  private let state: Mutex<State>

  package init(
    output: any ConsoleStream, error: any ConsoleStream, environment: [String: String],
    clock: @escaping @Sendable () -> Seconds = { Seconds(ProcessInfo.processInfo.systemUptime) }
  ) {
    self.output = output
    self.error = error
    self.clock = clock
    drawsBar = error.isTerminal && environment["TERM"] != "dumb"
    // https://no-color.org: present and not empty means no colour.
    usesColor = drawsBar && (environment["NO_COLOR"] ?? "").isEmpty
    state = Mutex(State(pacer: ProgressPacer(forTerminal: drawsBar)))
  }

  /// A result: one or more lines for standard output.
  package func print(_ text: String) throws(StreamError) {
    try write(text.visible(keepingLines: true))
  }

  /// A result as a JSON document, for standard output.
  package func print(json: String) throws(StreamError) { try write(json.visibleJSON) }

  private func write(_ text: String) throws(StreamError) {
    clearBar()
    try output.write(text.hasSuffix("\n") ? text : text + "\n")
  }

  /// A remark about the run: one line on standard error, lost where that is closed.
  package func note(_ text: String) {
    clearBar()
    try? error.write("planner: \(text.visible())\n")
  }

  /// Help after wrong usage: lines on standard error without prefix.
  func printToError(_ text: String) {
    clearBar()
    try? error.write(text.visible(keepingLines: true))
  }

  /// Renders a library's updates.
  package var progress: ProgressHandler {
    { [self] update in show(update) }
  }

  /// Wipes the bar, if there is one.
  package func clearBar() { state.withLock { wipe(&$0) } }

  private func show(_ update: ProgressUpdate) {
    state.withLock { state in
      if drawsBar, let message = update.message {
        wipe(&state)
        try? error.write("planner: \(message.visible())\n")
      }
      guard state.pacer.shows(update, at: clock()) else { return }
      if drawsBar {
        let bar = ProgressLine.bar(update, width: error.width, color: usesColor)
        try? error.write(Self.startOfLine + bar)
        state.barIsVisible = true
      } else {
        try? error.write(ProgressLine.plain(update) + "\n")
      }
    }
  }

  private func wipe(_ state: inout State) {
    guard state.barIsVisible else { return }
    try? error.write(Self.startOfLine)
    state.barIsVisible = false
  }

  /// Return to the first column and erase the line (ECMA-48, EL 2).
  static let startOfLine = "\r\u{1B}[2K"
}

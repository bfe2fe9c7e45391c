import Glibc
import Reporting

/// SIGINT, SIGTERM and SIGHUP: one line that says how to go on, then the end that the signal asks for.
enum Interruption {
  /// `advice` is of `interruptionAdvice`. Signals that the caller has ignored (nohup) stay ignored.
  ///
  /// A handler and no thread that waits: OpenBLAS starts threads before the program does, and a signal
  /// would find one of them that does not block it.
  static func install(advice: String) {
    let text = "planner: interrupted; \(advice.visible())\n"
    line = strdup(isatty(STDERR_FILENO) == 1 ? Console.startOfLine + text : text)
    lineLength = line.map { strlen($0) } ?? 0
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      sigaction(signal, nil, &action)
      let present = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      guard present != unsafeBitCast(SIG_IGN, to: Int.self) else { continue }
      action = sigaction()
      action.__sigaction_handler.sa_handler = interruptionHandler
      // The second signal ends the process at once, also where the terminal takes no text.
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_NODEFER
      sigaction(signal, &action, nil)
    }
  }
}

// Written once, before the handler is installed; a handler may only read memory, write to a
// descriptor and end the process.
nonisolated(unsafe) private var line: UnsafeMutablePointer<CChar>?
nonisolated(unsafe) private var lineLength = 0

private let interruptionHandler: @convention(c) (Int32) -> Void = { signal in
  if let line { _ = write(STDERR_FILENO, line, lineLength) }
  // The default action is back, and a shell sees by which signal the process ended.
  raise(signal)
}

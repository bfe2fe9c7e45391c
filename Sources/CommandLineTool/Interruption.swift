import Glibc
import Reporting
import Synchronization

/// SIGINT, SIGTERM and SIGHUP: one line that says how to go on, then the end that the signal asks for.
enum Interruption {
  /// Waits for the signals on a thread of its own, where ordinary code may run. Call it before there
  /// are other threads, since these must have the signals blocked too.
  ///
  /// `advice` is of `interruptionAdvice`. Signals that the caller has ignored (nohup) stay ignored.
  static func watch(advice: String) {
    let text = "planner: interrupted; \(advice.visible())\n"
    line.withLock { $0 = isatty(STDERR_FILENO) == 1 ? Console.startOfLine + text : text }
    var signals = watchedSignals()
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var thread = pthread_t()
    // Without the thread the signals end the process without a word.
    if pthread_create(&thread, nil, { _ in awaitInterruption() }, nil) != 0 {
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
  }

  fileprivate static let line = Mutex("")

  fileprivate static func watchedSignals() -> sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      sigaction(signal, nil, &action)
      let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      if handler != unsafeBitCast(SIG_IGN, to: Int.self) { sigaddset(&signals, signal) }
    }
    return signals
  }
}

private func awaitInterruption() -> UnsafeMutableRawPointer? {
  var signals = Interruption.watchedSignals()
  var received: Int32 = 0
  while sigwait(&signals, &received) != 0 {}
  // From here on a second signal ends the process at once, also where the terminal takes no text.
  pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  let bytes = Array(Interruption.line.withLock { $0 }.utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
  raise(received)
  return nil
}

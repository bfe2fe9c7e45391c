import Foundation
import Kernels
package import Metering
import Reporting

/// Ends that no code can throw: memory that cannot be had, files that become shorter under the reader,
/// faults of this program. Each leaves one line instead of a bare "Illegal instruction".
enum Faults {
  /// `advice` says how the work goes on, of `interruptionAdvice`.
  ///
  /// Whoever sets SWIFT_BACKTRACE wants to see where a fault is, and gets the faults as they are.
  static func install(advice: String?, environment: [String: String]) {
    let goOn = advice.map { "; \($0.visible())" } ?? ""
    AllocationFailure.end { bytes in
      let text = outOfMemory(bytes: bytes, available: .current()) + goOn + "\n"
      try? FileDescriptorStream.standardError.write("planner: " + text)
      _exit(ExitCode.failed.rawValue)
    }
    guard environment["SWIFT_BACKTRACE"] == nil else { return }
    prepareLines(goOn: goOn)
    var stack = stack_t()
    // An overflown stack has no room for a handler.
    stack.ss_size = 1 << 16
    stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: stack.ss_size, alignment: 16)
    sigaltstack(&stack, nil)
    for signal in faultSignals.keys {
      var action = sigaction()
      action.__sigaction_handler.sa_sigaction = faultHandler
      action.sa_flags = SA_SIGINFO | SA_ONSTACK | Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(signal, &action, nil)
    }
  }

  private static let faultSignals: [Int32: String] = [
    SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT", SIGSEGV: "SIGSEGV", SIGBUS: "SIGBUS",
    SIGFPE: "SIGFPE",
  ]

  private static func prepareLines(goOn: String) {
    lines.initialize(repeating: nil, count: lineCount)
    let limit = memoryLimit()
    endsQuietly = limit != nil
    for (signal, name) in faultSignals {
      let text =
        limit.map { "out of memory, most likely (\(name)): \($0)" }
        ?? "internal error (\(name)); please report the command line and its input"
      lines[Int(signal)] = strdup("planner: \(text)\(goOn)\n")
    }
    shortenedLine = strdup(
      "planner: a file became shorter while it was read; write it again and start anew, and "
        + "replace files by renaming\(goOn)\n")
  }

  /// The limit of the shell under which an allocation fails that otherwise never does.
  private static func memoryLimit() -> String? {
    for (resource, option) in [(RLIMIT_AS, "-v"), (RLIMIT_DATA, "-d")] {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0,
        limit.rlim_cur < rlim_t(Int.max)
      else { continue }
      return "this shell allows \(gigabytes(Int(limit.rlim_cur))) (`ulimit \(option)`); raise that"
    }
    return nil
  }
}

/// "out of memory: 25.9 GB more are needed, and `ulimit -v` leaves 3.1 GB; …".
package func outOfMemory(bytes: Int, available: AvailableMemory?) -> String {
  let there = available.map { ", and \($0.limit) leaves \(gigabytes($0.bytes))" } ?? ""
  return "out of memory: \(gigabytes(bytes)) more are needed\(there); "
    + "free memory, raise the limit, or use fewer threads"
}

private func gigabytes(_ bytes: Int) -> String {
  bytes < 100_000_000
    ? "\(fixed(Double(bytes) / 1e6, 1)) MB" : "\(fixed(Double(bytes) / 1e9, 1)) GB"
}

// What the handler reads. Written once, before there is a second thread and before the handler is
// installed; a handler may only read memory, write to a descriptor and end the process.
private let lineCount = 65
nonisolated(unsafe) private let lines = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
  capacity: lineCount)
nonisolated(unsafe) private var shortenedLine: UnsafeMutablePointer<CChar>?
nonisolated(unsafe) private var endsQuietly = false

/// A page of a mapped file that is no longer there (BUS_ADRERR of sigaction(2)).
private let missingPage: Int32 = 2

private let faultHandler:
  @convention(c) (Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void = {
    signal, information, _ in
    let isShortened = signal == SIGBUS && information?.pointee.si_code == missingPage
    if let line = isShortened ? shortenedLine : lines[Int(signal)] {
      _ = write(STDERR_FILENO, line, strlen(line))
    }
    if isShortened || endsQuietly { _exit(ExitCode.failed.rawValue) }
    // The default action is back: the end is that of the fault, and whoever watches for faults sees it.
    raise(signal)
  }

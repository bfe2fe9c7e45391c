/// What the process returns to its caller.
package enum ExitCode: Int32, Sendable {
  case done = 0
  case failed = 1
  case infeasible = 2
  /// A target was missed, or accuracy broke its limit.
  case missed = 3
  /// EX_USAGE of sysexits.h.
  case usage = 64
}

/// A command that could not do its work, in one sentence with file, field and remedy.
package struct CommandFailure: Error, CustomStringConvertible {
  package let description: String
  package let exitCode: ExitCode

  package init(_ description: String, exitCode: ExitCode = .failed) {
    self.description = description
    self.exitCode = exitCode
  }
}

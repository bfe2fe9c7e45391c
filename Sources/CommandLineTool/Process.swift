import Foundation

/// The process around `runPlanner`: its arguments, environment and streams. Never returns.
package func plannerMain() -> Never {
  occupyStandardDescriptors()
  // A closed pipe is then an error of `write`, handled where it happens.
  signal(SIGPIPE, SIG_IGN)
  // Beyond the limit on the size of a file, `write` then says so.
  signal(SIGXFSZ, SIG_IGN)
  let process = ProcessInfo.processInfo
  let arguments = Array(process.arguments.dropFirst())
  let advice = interruptionAdvice(arguments: arguments)
  Faults.install(advice: advice, environment: process.environment)
  if let advice { Interruption.install(advice: advice) }
  exit(
    runPlanner(
      arguments: arguments, environment: process.environment,
      standardOutput: FileDescriptorStream.standardOutput,
      standardError: FileDescriptorStream.standardError))
}

/// Opens /dev/null on each standard descriptor that the caller closed.
///
/// Else the first file of the run would get the number of standard output, and results would be
/// written into it. `open` always takes the lowest free number, hence the order.
private func occupyStandardDescriptors() {
  for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
  where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
    _ = open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY)
  }
}

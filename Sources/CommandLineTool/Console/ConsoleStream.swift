import Foundation
import Glibc
import Synchronization

/// Where text goes: a terminal, a file or pipe, or memory in tests.
package protocol ConsoleStream: Sendable {
  var isTerminal: Bool { get }
  /// Columns of the terminal.
  var width: Int { get }
  /// Writes all of the text at once, or throws.
  func write(_ text: String) throws(StreamError)
}

/// Text that could not be delivered.
package enum StreamError: Error, CustomStringConvertible {
  /// The reader went away, as `head` does; not a fault of this run.
  case readerGone
  case failed(stream: String, reason: String)

  package var description: String {
    switch self {
    case .readerGone: "the reader of the output went away"
    case .failed(let stream, let reason): "cannot write to \(stream): \(reason)"
    }
  }
}

/// An open file descriptor, written without a buffer so that a log never lags behind the work.
package struct FileDescriptorStream: ConsoleStream {
  private let descriptor: Int32
  private let name: String

  package static let standardOutput = FileDescriptorStream(STDOUT_FILENO, "standard output")
  package static let standardError = FileDescriptorStream(STDERR_FILENO, "standard error")

  package init(_ descriptor: Int32, _ name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  package var isTerminal: Bool { isatty(descriptor) == 1 }

  package var width: Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  package func write(_ text: String) throws(StreamError) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        bytes = bytes.dropFirst(count)
      } else if errno == EPIPE {
        throw .readerGone
      } else if errno == EAGAIN {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, 1_000)
      } else if errno != EINTR {
        throw .failed(stream: name, reason: String(cString: strerror(errno)))
      }
    }
  }
}

/// Text kept in memory.
package final class MemoryStream: ConsoleStream {
  package let isTerminal: Bool
  package let width: Int
  private let content = Mutex("")

  package init(isTerminal: Bool = false, width: Int = 80) {
    self.isTerminal = isTerminal
    self.width = width
  }

  /// Everything written so far.
  package var text: String { content.withLock { $0 } }

  package func write(_ text: String) throws(StreamError) { content.withLock { $0 += text } }
}

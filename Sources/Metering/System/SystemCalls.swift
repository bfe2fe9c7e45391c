package import Artifacts

/// Everything that metering asks of the operating system, injected so that a test can answer.
///
/// Paths are absolute (`/sys/…`, `/proc/…`). Every failure carries its errno.
package protocol SystemCalls: Sendable {
  /// A whole file as text.
  func text(of path: String) throws(SystemError) -> String
  /// The names in a folder, sorted.
  func names(in folder: String) throws(SystemError) -> [String]
  /// perf_event_open(2); returns the file descriptor.
  func open(_ request: EventRequest) throws(SystemError) -> Int32
  /// The identifier of an open event within group reads.
  func identifier(of descriptor: Int32) throws(SystemError) -> UInt64
  /// Enables, disables or resets the group that `descriptor` leads.
  func control(_ descriptor: Int32, _ operation: EventControl) throws(SystemError)
  /// Reads at most `count` 64-bit words from an open event.
  func words(from descriptor: Int32, count: Int) throws(SystemError) -> [UInt64]
  func close(_ descriptor: Int32)
  /// The attribute of a libpfm4 event name, for user space. Success does not prove that it opens.
  func encode(_ event: String) throws(EncodingError) -> EventAttribute
  /// NVIDIA's management library, started.
  func graphicsLibrary() throws(LibraryError) -> any GraphicsLibrary
  /// Nanoseconds of the monotonic clock.
  func now() -> UInt64
  /// Step of the monotonic clock, as the kernel states it.
  func clockResolution() -> Seconds
  /// Processor time of this process, all threads, user and system.
  func processorTime() -> Seconds
  func sleep(_ duration: Seconds)
  /// Kernel name, release and machine, as uname(2) gives them.
  func operatingSystem() -> String
}

/// A failed system call: what was asked, of what, and the kernel's answer.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call, for example "open" or "perf_event_open".
  package var operation: String
  /// The path or event.
  package var subject: String
  package var errno: Int32

  package init(operation: String, subject: String, errno: Int32) {
    self.operation = operation
    self.subject = subject
    self.errno = errno
  }

  package var description: String {
    "\(operation) \(subject): \(errnoName(errno)) (\(errnoMessage(errno)))"
  }
}

/// A name that libpfm4 does not know on this processor.
package struct EncodingError: Error, Hashable, Sendable, CustomStringConvertible {
  package var event: String
  package var message: String

  package init(event: String, message: String) {
    self.event = event
    self.message = message
  }

  package var description: String { "libpfm4 cannot encode \(event): \(message)" }
}

/// The part of `perf_event_attr` that names an event.
package struct EventAttribute: Hashable, Sendable {
  package var type: UInt32
  package var config: UInt64
  package var config1: UInt64
  package var config2: UInt64
  package var excludeUser: Bool
  package var excludeKernel: Bool
  package var excludeHypervisor: Bool

  package init(
    type: UInt32, config: UInt64, config1: UInt64 = 0, config2: UInt64 = 0,
    excludeUser: Bool = false, excludeKernel: Bool = false, excludeHypervisor: Bool = false
  ) {
    self.type = type
    self.config = config
    self.config1 = config1
    self.config2 = config2
    self.excludeUser = excludeUser
    self.excludeKernel = excludeKernel
    self.excludeHypervisor = excludeHypervisor
  }
}

/// The arguments of one perf_event_open(2).
package struct EventRequest: Hashable, Sendable {
  /// The event's name, for error messages.
  package var name: String
  package var attribute: EventAttribute
  /// A thread, 0 for the calling one, −1 for all.
  package var thread: Int32
  /// A processor, −1 for any.
  package var processor: Int32
  /// Descriptor of the group's leader, −1 to lead.
  package var leader: Int32
  package var disabled: Bool
  package var inherit: Bool
  /// Reads give GROUP|ID|TOTAL_TIME_ENABLED|TOTAL_TIME_RUNNING; otherwise one bare value.
  package var grouped: Bool

  package init(
    name: String, attribute: EventAttribute, thread: Int32, processor: Int32, leader: Int32 = -1,
    disabled: Bool = false, inherit: Bool = false, grouped: Bool = false
  ) {
    self.name = name
    self.attribute = attribute
    self.thread = thread
    self.processor = processor
    self.leader = leader
    self.disabled = disabled
    self.inherit = inherit
    self.grouped = grouped
  }
}

/// What can be done to an open group.
package enum EventControl: Int32, Sendable {
  case enable = 0
  case disable = 1
  case reset = 2
}

extension SystemCalls {
  /// The first line of a file without surrounding spaces, or nil where it cannot be read.
  func line(of path: String) -> String? {
    guard let text = try? text(of: path) else { return nil }
    let line = text.prefix { $0 != "\n" }
    let trimmed = line.trimmed
    return trimmed.isEmpty ? nil : trimmed
  }
}

extension StringProtocol {
  /// Without leading and trailing white space.
  var trimmed: String {
    var view = self[...]
    while let first = view.first, first.isWhitespace { view.removeFirst() }
    while let last = view.last, last.isWhitespace { view.removeLast() }
    return String(view)
  }
}

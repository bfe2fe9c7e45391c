import Artifacts
import Foundation
import Metering

/// A machine in a dictionary: every file, event and clock value is what the test says.
///
/// Invariant for `@unchecked Sendable`: every mutable field is read and written under `lock`.
final class FakeSystem: SystemCalls, @unchecked Sendable {
  struct Event {
    var descriptor: Int32
    var request: EventRequest
  }

  private let lock = NSLock()
  private var files: [String: String] = [:]
  private var fileErrors: [String: Int32] = [:]
  private var ticking: [String: UInt64] = [:]
  private var clock: UInt64 = 1_000
  private var processor = Seconds.zero
  private var opened: [Event] = []
  private var closedDescriptors: [Int32] = []
  /// Added to the clock by every reading of it, nanoseconds.
  let step: UInt64
  /// Answers of the kernel to perf_event_open, by event name.
  let openErrors: [String: Int32]
  /// The same by thread, for every event.
  let threadErrors: [Int32: Int32]
  let encodings: [String: EventAttribute]
  let identifierError: Int32?
  let controlError: Int32?
  let graphics: Result<any GraphicsLibrary, LibraryError>
  /// The words of a read, given the members of the group in the order opened.
  let readWords: @Sendable ([Event]) throws(SystemError) -> [UInt64]

  init(
    files: [String: String] = [:], step: UInt64 = 0, openErrors: [String: Int32] = [:],
    threadErrors: [Int32: Int32] = [:],
    encodings: [String: EventAttribute] = [:], identifierError: Int32? = nil,
    controlError: Int32? = nil,
    graphics: Result<any GraphicsLibrary, LibraryError> = .failure(
      LibraryError(operation: "dlopen", message: "no such file")),
    readWords: @escaping @Sendable ([Event]) throws(SystemError) -> [UInt64] = { _ in [] }
  ) {
    self.files = files
    self.step = step
    self.openErrors = openErrors
    self.threadErrors = threadErrors
    self.encodings = encodings
    self.identifierError = identifierError
    self.controlError = controlError
    self.graphics = graphics
    self.readWords = readWords
  }

  func write(_ text: String, to path: String) { lock.withLock { files[path] = text } }
  func fail(_ path: String, errno: Int32?) { lock.withLock { fileErrors[path] = errno } }
  /// Every reading of the file gives its number and adds `step` to it.
  func tick(_ path: String, from start: UInt64, by step: UInt64) {
    lock.withLock {
      files[path] = "\(start)\n"
      ticking[path] = step
    }
  }
  func advance(_ time: Seconds, processor busy: Seconds = .zero) {
    lock.withLock {
      clock += UInt64((time.value * 1e9).rounded())
      processor += busy
    }
  }
  var openRequests: [EventRequest] { lock.withLock { opened.map(\.request) } }
  var stillOpen: Int { lock.withLock { opened.count - closedDescriptors.count } }

  func text(of path: String) throws(SystemError) -> String {
    let (text, error) = lock.withLock {
      let text = files[path]
      if let step = ticking[path], let value = text.flatMap({ UInt64($0.dropLast()) }) {
        files[path] = "\(value + step)\n"
      }
      return (text, fileErrors[path])
    }
    if let error { throw SystemError(operation: "open", subject: path, errno: error) }
    guard let text else { throw SystemError(operation: "open", subject: path, errno: ENOENT) }
    return text
  }

  func names(in folder: String) throws(SystemError) -> [String] {
    let (paths, error) = lock.withLock { (Array(files.keys), fileErrors[folder]) }
    if let error { throw SystemError(operation: "opendir", subject: folder, errno: error) }
    let inside = paths.filter { $0.hasPrefix(folder + "/") }
    guard !inside.isEmpty else {
      throw SystemError(operation: "opendir", subject: folder, errno: ENOENT)
    }
    let names = inside.compactMap {
      $0.dropFirst(folder.count + 1).split(separator: "/").first.map(String.init)
    }
    return Set(names).sorted()
  }

  func open(_ request: EventRequest) throws(SystemError) -> Int32 {
    if let error = openErrors[request.name] ?? threadErrors[request.thread] {
      throw SystemError(operation: "perf_event_open", subject: request.name, errno: error)
    }
    return lock.withLock {
      let descriptor = Int32(100 + opened.count)
      opened.append(Event(descriptor: descriptor, request: request))
      return descriptor
    }
  }

  func identifier(of descriptor: Int32) throws(SystemError) -> UInt64 {
    if let identifierError {
      throw SystemError(operation: "ioctl ID", subject: "event", errno: identifierError)
    }
    return UInt64(descriptor) + 1_000
  }

  func control(_ descriptor: Int32, _ operation: EventControl) throws(SystemError) {
    if let controlError {
      throw SystemError(operation: "ioctl", subject: "event", errno: controlError)
    }
  }

  func words(from descriptor: Int32, count: Int) throws(SystemError) -> [UInt64] {
    let group = lock.withLock {
      opened.filter { $0.descriptor == descriptor || $0.request.leader == descriptor }
    }
    return try readWords(group)
  }

  func close(_ descriptor: Int32) { lock.withLock { closedDescriptors.append(descriptor) } }

  func encode(_ event: String) throws(EncodingError) -> EventAttribute {
    guard let attribute = encodings[event] else {
      throw EncodingError(event: event, message: "event not found")
    }
    return attribute
  }

  func graphicsLibrary() throws(LibraryError) -> any GraphicsLibrary { try graphics.get() }

  func now() -> UInt64 {
    lock.withLock {
      clock += step
      return clock
    }
  }

  func clockResolution() -> Seconds { Seconds(1e-9) }
  func processorTime() -> Seconds { lock.withLock { processor } }
  func sleep(_ duration: Seconds) { advance(duration) }
  func operatingSystem() -> String { "Linux 0.0 test" }
}

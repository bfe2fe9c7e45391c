package import Artifacts
import CLinuxPerf
import Foundation
import Glibc

/// The running kernel, or a copy of its `/sys` and `/proc` trees under another root.
package struct LinuxSystem: SystemCalls {
  /// Prepended to every path of `text` and `names`; empty for the running system.
  private let root: String

  package init(root: String = "") { self.root = root }

  package func text(of path: String) throws(SystemError) -> String {
    let descriptor = Glibc.open(root + path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SystemError(operation: "open", subject: root + path, errno: errno)
    }
    defer { _ = Glibc.close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw SystemError(operation: "read", subject: root + path, errno: errno)
      }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk[..<count]
    }
  }

  package func names(in folder: String) throws(SystemError) -> [String] {
    guard let stream = opendir(root + folder) else {
      throw SystemError(operation: "opendir", subject: root + folder, errno: errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  package func open(_ request: EventRequest) throws(SystemError) -> Int32 {
    var event = clinuxperf_event()
    event.type = request.attribute.type
    event.config = request.attribute.config
    event.config1 = request.attribute.config1
    event.config2 = request.attribute.config2
    event.exclude_user = request.attribute.excludeUser ? 1 : 0
    event.exclude_kernel = request.attribute.excludeKernel ? 1 : 0
    event.exclude_hv = request.attribute.excludeHypervisor ? 1 : 0
    let result = clinuxperf_open(
      &event, request.thread, request.processor, request.leader, request.disabled ? 1 : 0,
      request.inherit ? 1 : 0, request.grouped ? 1 : 0)
    guard result >= 0 else {
      throw SystemError(operation: "perf_event_open", subject: request.name, errno: -result)
    }
    return result
  }

  package func identifier(of descriptor: Int32) throws(SystemError) -> UInt64 {
    var identifier: UInt64 = 0
    let result = clinuxperf_identifier(descriptor, &identifier)
    guard result == 0 else {
      throw SystemError(operation: "ioctl ID", subject: "event \(descriptor)", errno: -result)
    }
    return identifier
  }

  package func control(_ descriptor: Int32, _ operation: EventControl) throws(SystemError) {
    let result = clinuxperf_control(descriptor, operation.rawValue)
    guard result == 0 else {
      throw SystemError(
        operation: "ioctl \(operation)", subject: "event \(descriptor)", errno: -result)
    }
  }

  package func words(from descriptor: Int32, count: Int) throws(SystemError) -> [UInt64] {
    var words = [UInt64](repeating: 0, count: count)
    let bytes = Glibc.read(descriptor, &words, count * 8)
    guard bytes >= 0 else {
      throw SystemError(operation: "read", subject: "event \(descriptor)", errno: errno)
    }
    return Array(words.prefix(bytes / 8))
  }

  package func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

  package func encode(_ event: String) throws(EncodingError) -> EventAttribute {
    var raw = clinuxperf_event()
    // libpfm4 keeps global state and does not lock it.
    let code = Self.encoding.withLock { clinuxperf_encode(event, &raw) }
    guard code == 0 else {
      throw EncodingError(event: event, message: String(cString: clinuxperf_encoding_message(code)))
    }
    return EventAttribute(
      type: raw.type, config: raw.config, config1: raw.config1, config2: raw.config2,
      excludeUser: raw.exclude_user != 0, excludeKernel: raw.exclude_kernel != 0,
      excludeHypervisor: raw.exclude_hv != 0)
  }

  private static let encoding = NSLock()

  package func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  package func clockResolution() -> Seconds {
    var step = timespec()
    clock_getres(CLOCK_MONOTONIC, &step)
    return Seconds(Double(step.tv_sec) + Double(step.tv_nsec) * 1e-9)
  }

  package func processorTime() -> Seconds {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Seconds(Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9)
  }

  package func sleep(_ duration: Seconds) {
    Thread.sleep(forTimeInterval: max(0, duration.value))
  }

  package func operatingSystem() -> String {
    var name = utsname()
    guard uname(&name) == 0 else { return "Linux" }
    func text<Field>(_ field: Field) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return "\(text(name.sysname)) \(text(name.release)) \(text(name.machine))"
  }
}

extension SystemCalls where Self == LinuxSystem {
  /// The running kernel.
  package static var live: LinuxSystem { LinuxSystem() }
}

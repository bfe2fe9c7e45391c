package import Artifacts
import CLinuxPerf
import Foundation
import Glibc

/// The running kernel, or a copy of its `/sys` and `/proc` trees under another root.
package struct LinuxSystem: SystemCalls {
  /// Prepended to every path of `text` and `names`; empty for the running system.
  private let root: String
  /// The folder of the machine that `root` is a copy of; empty for its root.
  private let place: String

  /// `place` is what the copy in `root` is of, for example "/sys".
  package init(root: String = "", copyOf place: String = "") {
    self.root = root
    self.place = place
  }

  package func text(of path: String) throws(SystemError) -> String {
    let descriptor = try openFile(path, folder: false)
    defer { _ = Glibc.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw SystemError(operation: "stat", subject: shown(path), errno: errno)
    }
    // A pipe or a device in the place of a file would give nothing, or anything.
    guard status.st_mode & S_IFMT == S_IFREG else {
      let code = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
      throw SystemError(operation: "read", subject: shown(path), errno: code)
    }
    var bytes: [UInt8] = []
    while true {
      var count = 0
      // One page holds any file of /sys; a tree has tens of thousands of them.
      let chunk = [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, filled in
        repeat {
          count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        } while count < 0 && errno == EINTR
        filled = max(0, count)
      }
      guard count >= 0 else {
        throw SystemError(operation: "read", subject: shown(path), errno: errno)
      }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk
      guard bytes.count <= Self.longest(path) else {
        throw SystemError(operation: "read", subject: shown(path), errno: EFBIG)
      }
    }
  }

  /// Larger than any file of /sys, which has one page, and than /proc/cpuinfo of a thousand processors.
  private static func longest(_ path: String) -> Int {
    path.hasPrefix("/proc/") ? 8 << 20 : 64 << 10
  }

  package func names(in folder: String) throws(SystemError) -> [String] {
    let descriptor = try openFile(folder, folder: true)
    guard let stream = fdopendir(descriptor) else {
      let code = errno
      _ = Glibc.close(descriptor)
      throw SystemError(operation: "opendir", subject: shown(folder), errno: code)
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

  /// A path as the reader of an error finds it.
  private func shown(_ path: String) -> String {
    path.hasPrefix(place) ? root + path.dropFirst(place.count) : root + path
  }

  /// A copy's links lead to places in the copy, never to the running machine.
  private func openFile(_ path: String, folder: Bool) throws(SystemError) -> Int32 {
    let outside = path != place && !path.hasPrefix(place + "/")
    let inner = String(path.dropFirst(place.count))
    let result =
      outside ? -ENOENT : clinuxperf_open_below(root.isEmpty ? "/" : root, inner, folder ? 1 : 0)
    guard result >= 0 else {
      throw SystemError(
        operation: folder ? "opendir" : "open", subject: shown(path), errno: -result)
    }
    return result
  }

  package func open(_ request: EventRequest) throws(SystemError) -> Int32 {
    guard root.isEmpty else {
      // The numbers in a copy name events of another machine.
      throw SystemError(
        operation: "perf_event_open in a copy", subject: request.name, errno: EOPNOTSUPP)
    }
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

  package func graphicsLibrary() throws(LibraryError) -> any GraphicsLibrary {
    guard root.isEmpty else {
      throw LibraryError(operation: "dlopen", message: "a copy has no cards")
    }
    return try NVMLLibrary()
  }

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

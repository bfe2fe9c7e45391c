import Glibc

/// NVIDIA's management library, loaded with dlopen where the user's driver brings it.
///
/// Source: NVML API reference, nvml.h (nvmlDeviceGetTotalEnergyConsumption: millijoules since the
/// driver was loaded, Volta and newer).
///
/// Invariant for `@unchecked Sendable`: the pointers are written once; NVML is thread-safe.
package final class NVMLLibrary: GraphicsLibrary, @unchecked Sendable {
  private typealias Plain = @convention(c) () -> Int32
  private typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
  private typealias Handle =
    @convention(c) (UInt32, UnsafeMutablePointer<OpaquePointer?>) -> Int32
  private typealias Name =
    @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>, UInt32) -> Int32
  private typealias Energy =
    @convention(c) (OpaquePointer?, UnsafeMutablePointer<UInt64>) -> Int32
  private typealias Words = @convention(c) (Int32) -> UnsafePointer<CChar>?

  private let count: Count
  private let handle: Handle
  private let name: Name
  private let energy: Energy
  private let shutdown: Plain
  private let words: Words

  /// Opens "libnvidia-ml.so.1" and starts it.
  package convenience init(file: String = "libnvidia-ml.so.1") throws(LibraryError) {
    guard let library = dlopen(file, RTLD_NOW | RTLD_LOCAL) else {
      let reason = dlerror().map { String(cString: $0) } ?? file
      throw LibraryError(operation: "dlopen", message: reason)
    }
    // Never closed: the driver's threads may outlive this object.
    try self.init { dlsym(library, $0) }
  }

  /// Starts the library whose functions `symbol` finds by name.
  package init(symbol: (String) -> UnsafeMutableRawPointer?) throws(LibraryError) {
    func find<Function>(_ name: String, as type: Function.Type) throws(LibraryError) -> Function {
      guard let address = symbol(name) else {
        throw LibraryError(operation: name, message: "the library has no such function")
      }
      return unsafeBitCast(address, to: type)
    }
    let start = try find("nvmlInit_v2", as: Plain.self)
    words = try find("nvmlErrorString", as: Words.self)
    count = try find("nvmlDeviceGetCount_v2", as: Count.self)
    handle = try find("nvmlDeviceGetHandleByIndex_v2", as: Handle.self)
    name = try find("nvmlDeviceGetName", as: Name.self)
    energy = try find("nvmlDeviceGetTotalEnergyConsumption", as: Energy.self)
    shutdown = try find("nvmlShutdown", as: Plain.self)
    try Self.check(start(), "nvmlInit_v2", words)
  }

  deinit { _ = shutdown() }

  package func cards() throws(LibraryError) -> [String] {
    var number: UInt32 = 0
    try Self.check(count(&number), "nvmlDeviceGetCount_v2", words)
    var names: [String] = []
    for index in 0..<Int(number) {
      let device = try device(index)
      // NVML_DEVICE_NAME_V2_BUFFER_SIZE
      var text = [CChar](repeating: 0, count: 96)
      try Self.check(name(device, &text, 96), "nvmlDeviceGetName", words)
      let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      names.append(String(decoding: bytes, as: UTF8.self))
    }
    return names
  }

  package func energy(ofCard index: Int) throws(LibraryError) -> UInt64 {
    var millijoules: UInt64 = 0
    try Self.check(
      energy(try device(index), &millijoules), "nvmlDeviceGetTotalEnergyConsumption", words)
    return millijoules
  }

  private func device(_ index: Int) throws(LibraryError) -> OpaquePointer? {
    var device: OpaquePointer?
    try Self.check(handle(UInt32(index), &device), "nvmlDeviceGetHandleByIndex_v2", words)
    return device
  }

  private static func check(
    _ code: Int32, _ operation: String, _ words: Words
  ) throws(LibraryError) {
    guard code != 0 else { return }
    let message = words(code).map { String(cString: $0) } ?? "failed"
    throw LibraryError(operation: operation, code: code, message: message)
  }
}

import Artifacts
import Foundation
import Metering
import Synchronization

/// A kernel with hardware counters: the first window counts each amount once, later ones twice.
final class CountingSystem: SystemCalls {
  private struct State {
    var names: [String] = []
    var windows = 0
  }

  /// What one block counts, by event.
  let amounts: [String: UInt64]
  private let state = Mutex(State())

  init(amounts: [String: UInt64]) { self.amounts = amounts }

  func text(of path: String) throws(SystemError) -> String {
    throw SystemError(operation: "open", subject: path, errno: ENOENT)
  }

  func names(in folder: String) throws(SystemError) -> [String] { ["1"] }

  func open(_ request: EventRequest) throws(SystemError) -> Int32 {
    guard amounts[request.name] != nil else {
      throw SystemError(operation: "perf_event_open", subject: request.name, errno: ENOENT)
    }
    return state.withLock { state in
      state.names.append(request.name)
      return Int32(state.names.count)
    }
  }

  func identifier(of descriptor: Int32) throws(SystemError) -> UInt64 { UInt64(descriptor) }

  func control(_ descriptor: Int32, _ operation: EventControl) throws(SystemError) {}

  func words(from descriptor: Int32, count: Int) throws(SystemError) -> [UInt64] {
    state.withLock { state in
      state.windows += 1
      let times = UInt64(min(2, state.windows))
      var words = [UInt64(state.names.count), 100, 100]
      for (index, name) in state.names.enumerated() {
        words += [(amounts[name] ?? 0) * times, UInt64(index + 1)]
      }
      return words
    }
  }

  func close(_ descriptor: Int32) {}

  func encode(_ event: String) throws(EncodingError) -> EventAttribute {
    EventAttribute(type: 0, config: 0)
  }

  func graphicsLibrary() throws(LibraryError) -> any GraphicsLibrary {
    throw LibraryError(operation: "dlopen", message: "no cards")
  }

  private let clock = LinuxSystem()
  func now() -> UInt64 { clock.now() }
  func clockResolution() -> Seconds { clock.clockResolution() }
  func processorTime() -> Seconds { clock.processorTime() }
  func sleep(_ duration: Seconds) { clock.sleep(duration) }
  func operatingSystem() -> String { "Linux" }
}

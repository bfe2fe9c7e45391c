import Foundation
import Metering
import Testing

@Suite struct CounterGroupTests {
  static let encodings = [
    "cycles": EventAttribute(type: 0, config: 0),
    "instructions": EventAttribute(type: 0, config: 1),
  ]

  /// A group read: member i counted 100·(i + 1), with the identifiers of `FakeSystem`.
  static func groupRead(
    enabled: UInt64, running: UInt64
  ) -> @Sendable ([FakeSystem.Event]) throws(SystemError) -> [UInt64] {
    { events in
      var words = [UInt64(events.count), enabled, running]
      for (index, event) in events.enumerated() {
        words += [UInt64(100 * (index + 1)), UInt64(event.descriptor) + 1_000]
      }
      return words
    }
  }

  @Test func scalingArithmetic() {
    #expect(scaled(5, enabled: 10, running: 10) == .counted(5))
    #expect(scaled(5, enabled: 10, running: 5) == .counted(10))
    #expect(scaled(5, enabled: 10, running: 0) == .notCounted)
    #expect(scaled(0, enabled: 0, running: 0) == .notCounted)
    #expect(scaled(0, enabled: 3, running: 3) == .counted(0))
  }

  @Test func oneGroupPerThreadAddsUp() {
    let system = FakeSystem(
      files: ["/proc/self/task/7/stat": "", "/proc/self/task/8/stat": ""],
      encodings: Self.encodings, readWords: Self.groupRead(enabled: 10, running: 5))
    let group = CounterGroup(system: system, events: [.cycles, .instructions])
    let requests = system.openRequests
    #expect(requests.map(\.thread) == [7, 7, 8, 8])
    #expect(requests.map(\.leader) == [-1, 100, -1, 102])
    #expect(requests.map(\.disabled) == [true, false, true, false])
    #expect(requests.allSatisfy { $0.grouped && $0.inherit && $0.attribute.excludeKernel })
    let (_, readings) = group.count {}
    #expect(readings.map(\.value) == [400, 800])
    #expect(readings.map(\.coverage) == [0.5, 0.5])
    #expect(group.openEvents == ["cycles", "instructions"])
  }

  /// The second of two threads either slept, which adds nothing, or never got a counter.
  @Test(arguments: [(UInt64(0), 100.0 as Double?), (5, nil)])
  func aThreadWithoutRunningTime(enabled: UInt64, total: Double?) {
    let system = FakeSystem(
      files: ["/proc/self/task/7/stat": "", "/proc/self/task/8/stat": ""],
      encodings: Self.encodings
    ) { events in
      let first = events[0].request.thread == 7
      return [1, first ? 10 : enabled, first ? 10 : 0, 100, UInt64(events[0].descriptor) + 1_000]
    }
    let (_, readings) = CounterGroup(system: system, events: [.cycles]).count {}
    #expect(readings.map(\.value) == [total])
  }

  @Test func neverOnACounterIsNotZero() {
    let system = FakeSystem(
      encodings: Self.encodings, readWords: Self.groupRead(enabled: 10, running: 0))
    let (_, readings) = CounterGroup(system: system, events: [.cycles]).count {}
    #expect(readings.map(\.state) == [.notCounted])
    #expect(readings[0].value == nil)
  }

  @Test(arguments: [ENOENT, EACCES, EPERM, EINVAL, EOPNOTSUPP, EMFILE, ENOSPC, EBUSY, ENODEV])
  func everyRefusedOpenKeepsItsErrno(code: Int32) {
    let system = FakeSystem(
      openErrors: ["cycles": code], encodings: Self.encodings,
      readWords: Self.groupRead(enabled: 1, running: 1))
    let group = CounterGroup(system: system, events: [.cycles, .taskClock])
    let (_, readings) = group.count {}
    guard case .refused(let error) = readings[0].state else {
      Issue.record("\(readings[0])")
      return
    }
    #expect(error.errno == code && error.operation == "perf_event_open")
    #expect(readings[1].value == 100, "the software event leads the group instead")
  }

  /// A thread that ended adds nothing; one that is refused leaves no sum.
  @Test(arguments: [(ESRCH, 100.0 as Double?), (EMFILE, nil), (EACCES, nil)])
  func aThreadThatCannotBeOpened(code: Int32, total: Double?) {
    let system = FakeSystem(
      files: ["/proc/self/task/7/stat": "", "/proc/self/task/8/stat": ""],
      threadErrors: [8: code], encodings: Self.encodings,
      readWords: Self.groupRead(enabled: 10, running: 10))
    let (_, readings) = CounterGroup(system: system, events: [.cycles]).count {}
    #expect(readings.map(\.value) == [total])
    #expect(readings[0].description.contains("cycles"))
  }

  /// Events of one group that had counters for different shares of the window on two threads.
  @Test func coverageIsThatOfTheWorstThread() {
    let system = FakeSystem(
      files: ["/proc/self/task/7/stat": "", "/proc/self/task/8/stat": ""],
      encodings: Self.encodings
    ) { events in
      let running: UInt64 = events[0].request.thread == 7 ? 10 : 2
      return [1, 10, running, 100, UInt64(events[0].descriptor) + 1_000]
    }
    let (_, readings) = CounterGroup(system: system, events: [.cycles]).count {}
    #expect(readings[0].value == 100 + 500 && readings[0].coverage == 0.2)
  }

  @Test func anUnknownNameIsNotARefusal() {
    let (_, readings) = CounterGroup(system: FakeSystem(), events: [.floatOperations]).count {}
    guard case .notEncoded = readings[0].state else {
      Issue.record("\(readings[0])")
      return
    }
  }

  @Test func failuresOfIdentifierControlAndRead() {
    func state(_ system: FakeSystem) -> CounterReading.State {
      CounterGroup(system: system, events: [.taskClock]).count {}.1[0].state
    }
    let identifier = FakeSystem(identifierError: EBADF)
    guard case .refused(let first) = state(identifier) else {
      Issue.record("identifier")
      return
    }
    #expect(first.errno == EBADF)
    #expect(identifier.stillOpen == 0)
    guard
      case .refused(let second) = state(
        FakeSystem(controlError: EIO, readWords: Self.groupRead(enabled: 1, running: 1)))
    else {
      Issue.record("control")
      return
    }
    #expect(second.errno == EIO)
    let broken = FakeSystem { _ throws(SystemError) in
      throw SystemError(operation: "read", subject: "event", errno: EIO)
    }
    for system in [FakeSystem { _ in [] }, FakeSystem { _ in [1, 1, 1, 5] }, broken] {
      guard case .refused(let third) = state(system) else {
        Issue.record("read")
        return
      }
      #expect(third.errno == EIO)
    }
    // A member that the read does not mention was not counted.
    #expect(state(FakeSystem(readWords: { _ in [1, 1, 1, 5, 1] })) == .notCounted)
  }

  @Test func everyDescriptorIsClosed() {
    let system = FakeSystem(encodings: Self.encodings)
    _ = CounterGroup(system: system, events: [.cycles, .instructions, .pageFaults])
    #expect(system.openRequests.count == 3)
    #expect(system.stillOpen == 0)
  }

  @Test func theBodysErrorPasses() {
    struct Stop: Error {}
    let group = CounterGroup(system: FakeSystem(), events: [.taskClock])
    #expect(throws: Stop.self) { try group.count { throw Stop() } }
  }
}

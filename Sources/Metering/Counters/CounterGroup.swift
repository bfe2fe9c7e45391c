import Glibc

/// Counters of this process's threads, opened as one group per thread and read at window edges.
///
/// An encoding that succeeds proves nothing, only an open does; so each candidate is opened, and
/// each refusal is kept. Threads that start later are counted through inheritance.
///
/// Source: perf_event_open(2); libpfm4 for the encodings.
package final class CounterGroup: Sendable {
  private struct Member: Sendable {
    var name: String
    var identifier: UInt64
  }

  /// One thread's group.
  private struct Group: Sendable {
    var leader: Int32
    var descriptors: [Int32]
    var members: [Member]
  }

  private let system: any SystemCalls
  private let events: [CounterEvent]
  private let groups: [Group]
  /// Why an event could not be opened on any thread, by its name.
  private let refusals: [String: CounterReading.State]

  /// Opens what can be opened of `events` on every thread of the process. Never throws: an event
  /// without a counter says so in its reading.
  package init(system: any SystemCalls = LinuxSystem(), events: [CounterEvent]) {
    self.system = system
    self.events = events
    var groups: [Group] = []
    var refusals: [String: CounterReading.State] = [:]
    for thread in Self.threads(system: system) {
      var group = Group(leader: -1, descriptors: [], members: [])
      for event in events {
        let (opened, state) = Self.open(
          event, on: thread, leader: group.leader, system: system)
        guard let opened else {
          // A thread that ended since it was listed takes nothing from the sum.
          if !Self.isEndedThread(state) { refusals[event.name] = state }
          continue
        }
        if group.leader == -1 { group.leader = opened.descriptor }
        group.descriptors.append(opened.descriptor)
        group.members.append(Member(name: event.name, identifier: opened.identifier))
      }
      if group.leader != -1 { groups.append(group) }
    }
    self.groups = groups
    self.refusals = refusals
  }

  deinit { for group in groups { for file in group.descriptors { system.close(file) } } }

  /// Names of the events that are open on at least one thread.
  package var openEvents: [String] {
    events.map(\.name).filter { name in
      groups.contains { $0.members.contains { $0.name == name } }
    }
  }

  /// Counts while `body` runs; one reading per event, in the order asked for.
  package func count<T>(_ body: () throws -> T) rethrows -> (T, [CounterReading]) {
    var failure: SystemError?
    do throws(SystemError) {
      for group in groups {
        try system.control(group.leader, .reset)
        try system.control(group.leader, .enable)
      }
    } catch { failure = error }
    let result: T
    do { result = try body() } catch {
      stop()
      throw error
    }
    stop()
    return (result, readings(failure: failure))
  }

  private func stop() {
    for group in groups { try? system.control(group.leader, .disable) }
  }

  private func readings(failure: SystemError?) -> [CounterReading] {
    var parts: [String: [CounterReading]] = [:]
    for group in groups {
      for (name, reading) in read(group) { parts[name, default: []].append(reading) }
    }
    return events.map { event in
      if let failure, openEvents.contains(event.name) {
        return CounterReading(name: event.name, state: .refused(failure))
      }
      // Counted on some threads only, the sum would be too small.
      if let refusal = refusals[event.name] {
        return CounterReading(name: event.name, state: refusal)
      }
      return Self.combined(event.name, parts[event.name] ?? [])
    }
  }

  private static func isEndedThread(_ state: CounterReading.State) -> Bool {
    if case .refused(let error) = state { error.errno == ESRCH } else { false }
  }

  /// Layout of a read: count, time enabled, time running, then value and identifier of each member.
  private func read(_ group: Group) -> [(String, CounterReading)] {
    func all(_ state: CounterReading.State) -> [(String, CounterReading)] {
      group.members.map { ($0.name, CounterReading(name: $0.name, state: state)) }
    }
    let words: [UInt64]
    do throws(SystemError) {
      words = try system.words(from: group.leader, count: 3 + 2 * group.members.count)
    } catch { return all(.refused(error)) }
    guard words.count >= 3, words.count >= 3 + 2 * group.members.count else {
      return all(
        .refused(
          SystemError(operation: "short read of", subject: "event \(group.leader)", errno: 5)))
    }
    let (enabled, running) = (words[1], words[2])
    // Enabled time passes only while a thread runs: this one slept, and adds nothing.
    if enabled == 0 { return [] }
    var values: [UInt64: UInt64] = [:]
    for index in 0..<group.members.count { values[words[4 + 2 * index]] = words[3 + 2 * index] }
    return group.members.map { member in
      let state = values[member.identifier].map {
        scaled($0, enabled: enabled, running: running)
      }
      let coverage = Double(running) / Double(enabled)
      return (
        member.name,
        CounterReading(name: member.name, state: state ?? .notCounted, coverage: coverage)
      )
    }
  }

  /// The sum over the threads that ran. One that was refused or crowded out leaves no sum, because
  /// what is missing is unknown.
  private static func combined(_ name: String, _ parts: [CounterReading]) -> CounterReading {
    var sum = 0.0
    for part in parts {
      guard let value = part.value else { return part }
      sum += value
    }
    guard let coverage = parts.map(\.coverage).min() else {
      return CounterReading(name: name, state: .notCounted)
    }
    return CounterReading(name: name, state: .counted(sum), coverage: coverage)
  }

  private static func threads(system: any SystemCalls) -> [Int32] {
    let names = (try? system.names(in: "/proc/self/task")) ?? []
    let threads = names.compactMap { Int32($0) }
    return threads.isEmpty ? [0] : threads
  }

  /// The first candidate that opens, or the last refusal.
  private static func open(
    _ event: CounterEvent, on thread: Int32, leader: Int32, system: any SystemCalls
  ) -> (opened: (descriptor: Int32, identifier: UInt64)?, state: CounterReading.State) {
    var state = CounterReading.State.notCounted
    for candidate in event.candidates {
      var attribute: EventAttribute
      switch candidate {
      case .software(let number): attribute = EventAttribute(type: 1, config: number)
      case .named(let name):
        do throws(EncodingError) { attribute = try system.encode(name) } catch {
          // A refused open says more about the machine than an unknown name.
          if case .refused = state {} else { state = .notEncoded(error) }
          continue
        }
      }
      attribute.excludeKernel = true
      attribute.excludeHypervisor = true
      do throws(SystemError) {
        let descriptor = try system.open(
          EventRequest(
            name: event.name, attribute: attribute, thread: thread, processor: -1,
            leader: leader, disabled: leader == -1, inherit: true, grouped: true))
        do throws(SystemError) {
          return ((descriptor, try system.identifier(of: descriptor)), state)
        } catch {
          system.close(descriptor)
          throw error
        }
      } catch { state = .refused(error) }
    }
    return (nil, state)
  }
}

/// A multiplexed count, extrapolated: raw · enabled / running; never counted where running is 0.
package func scaled(_ raw: UInt64, enabled: UInt64, running: UInt64) -> CounterReading.State {
  guard running > 0 else { return .notCounted }
  return .counted(
    running == enabled ? Double(raw) : Double(raw) * (Double(enabled) / Double(running)))
}

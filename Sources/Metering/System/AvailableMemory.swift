/// Memory that this process can still get, by the tightest of the limits it lives under.
package struct AvailableMemory: Hashable, Sendable {
  package var bytes: Int
  /// What sets it, in words that end "… leaves 3.1 GB": "the machine", "the control group",
  /// "`ulimit -v`".
  package var limit: String

  package init(bytes: Int, limit: String) {
    self.bytes = bytes
    self.limit = limit
  }

  /// Nil where nothing can be read. Swap does not count: work in swap does not end.
  ///
  /// Sources: proc_meminfo(5), proc_pid_limits(5), cgroup v2's memory.max, v1's
  /// memory.limit_in_bytes. A figure that cannot be read or is not a number is left out.
  package static func current(system: some SystemCalls = .live) -> AvailableMemory? {
    let machine = Fields(system, "/proc/meminfo")
    let process = Fields(system, "/proc/self/status")
    var limits: [AvailableMemory] = []
    func add(_ bytes: Int?, _ limit: String) {
      if let bytes { limits.append(AvailableMemory(bytes: max(0, bytes), limit: limit)) }
    }
    add(machine["MemAvailable"], "the machine")
    // With mode 2 the kernel promises no more than this, however much is free.
    if system.line(of: "/proc/sys/vm/overcommit_memory") == "2" {
      add(difference(machine["CommitLimit"], machine["Committed_AS"]), "the kernel's commit limit")
    }
    let ceilings = ProcessLimits(system)
    add(difference(ceilings["Max address space"], process["VmSize"]), "`ulimit -v`")
    add(difference(ceilings["Max data size"], process["VmData"]), "`ulimit -d`")
    for group in ControlGroups(system).groups {
      add(group.available(system), "the control group \(group.folder)")
    }
    return limits.min { $0.bytes < $1.bytes }
  }
}

private func difference(_ limit: Int?, _ used: Int?) -> Int? {
  guard let limit, let used, limit >= 0, used >= 0 else { return nil }
  return limit - used
}

/// Lines "Name:  123 kB", in bytes.
private struct Fields {
  private var values: [Substring: Int] = [:]

  init(_ system: some SystemCalls, _ path: String) {
    for line in ((try? system.text(of: path)) ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let words = parts[1].split(whereSeparator: \.isWhitespace)
      guard words.count == 2, words[1] == "kB", let kilobytes = Int(words[0]), kilobytes >= 0
      else { continue }
      let bytes = kilobytes.multipliedReportingOverflow(by: 1_024)
      if !bytes.overflow { values[parts[0]] = bytes.partialValue }
    }
  }

  subscript(name: Substring) -> Int? { values[name] }
}

/// Lines "Max address space  SOFT  HARD  bytes"; "unlimited" is nil.
private struct ProcessLimits {
  private var lines: [Substring] = []

  init(_ system: some SystemCalls) {
    lines = ((try? system.text(of: "/proc/self/limits")) ?? "").split(separator: "\n")
  }

  subscript(name: String) -> Int? {
    let line = lines.first { $0.hasPrefix(name + " ") }
    return line?.dropFirst(name.count).split(whereSeparator: \.isWhitespace).first.flatMap {
      Int($0)
    }
  }
}

/// The control groups that this process is in, the innermost first, with all around them.
private struct ControlGroups {
  struct Group {
    var folder: String
    var version: Int

    /// The limit less what is used, where pages of files that can be dropped are not used up.
    func available(_ system: some SystemCalls) -> Int? {
      func number(_ name: String) -> Int? {
        system.line(of: "\(folder)/\(name)").flatMap { Int($0) }
      }
      let (limit, used) =
        version == 2
        ? (number("memory.max"), number("memory.current"))
        : (number("memory.limit_in_bytes"), number("memory.usage_in_bytes"))
      guard let limit, let used, limit >= 0, used >= 0, used < Int.max / 2 else { return nil }
      return limit - max(0, used - droppable(system))
    }

    private func droppable(_ system: some SystemCalls) -> Int {
      let names: Set<Substring> =
        version == 2
        ? ["inactive_file", "active_file", "slab_reclaimable"]
        : ["total_inactive_file", "total_active_file"]
      var total = 0
      for line in ((try? system.text(of: "\(folder)/memory.stat")) ?? "").split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words.count == 2, names.contains(words[0]), let bytes = Int(words[1]), bytes >= 0,
          bytes < Int.max / 8
        else { continue }
        total += bytes
      }
      return total
    }
  }

  var groups: [Group] = []

  /// Lines "ID:CONTROLLERS:PATH" of proc_pid_cgroup(5).
  init(_ system: some SystemCalls) {
    for line in ((try? system.text(of: "/proc/self/cgroup")) ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].hasPrefix("/") else { continue }
      if parts[0] == "0" && parts[1].isEmpty {
        add(path: parts[2], below: "/sys/fs/cgroup", version: 2)
      } else if parts[1].split(separator: ",").contains("memory") {
        add(path: parts[2], below: "/sys/fs/cgroup/memory", version: 1)
      }
    }
  }

  /// A container sees its own group at the root, whatever path the host has for it.
  private mutating func add(path: Substring, below root: String, version: Int) {
    var parts = path.split(separator: "/")
    while !parts.isEmpty {
      groups.append(Group(folder: "\(root)/\(parts.joined(separator: "/"))", version: version))
      parts.removeLast()
    }
    groups.append(Group(folder: root, version: version))
  }
}

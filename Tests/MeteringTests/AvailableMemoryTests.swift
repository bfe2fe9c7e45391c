import Metering
import Testing

@Suite struct AvailableMemoryTests {
  private static let machine = "MemTotal:       16000 kB\nMemAvailable:    4000 kB\n"
  private static let unlimited = """
    Limit                     Soft Limit           Hard Limit           Units
    Max data size             unlimited            unlimited            bytes
    Max address space         unlimited            unlimited            bytes

    """

  private func available(_ files: [String: String]) -> AvailableMemory? {
    AvailableMemory.current(system: FakeSystem(files: files))
  }

  @Test func theMachineAloneGivesWhatItSays() {
    #expect(
      available(["/proc/meminfo": Self.machine, "/proc/self/limits": Self.unlimited])
        == AvailableMemory(bytes: 4_096_000, limit: "the machine"))
  }

  @Test func nothingReadableIsNoFigure() {
    #expect(available([:]) == nil)
    #expect(available(["/proc/meminfo": "MemAvailable: much\nMemFree 3 kB\n"]) == nil)
    #expect(available(["/proc/meminfo": "MemAvailable: 9223372036854775807 kB\n"]) == nil)
    #expect(available(["/proc/meminfo": "MemAvailable: -5 kB\n"]) == nil)
  }

  @Test(arguments: [
    ("Max address space", "VmSize", "`ulimit -v`"), ("Max data size", "VmData", "`ulimit -d`"),
  ]) func aShellLimitCountsLessWhatIsUsed(_ limit: String, _ used: String, _ words: String) {
    let files = [
      "/proc/meminfo": Self.machine,
      "/proc/self/limits": "\(limit)   2048000   unlimited   bytes\n",
      "/proc/self/status": "Name:\tplanner\n\(used):\t    1500 kB\n",
    ]
    #expect(available(files) == AvailableMemory(bytes: 512_000, limit: words))
  }

  @Test func aLimitBelowWhatIsUsedLeavesNothing() {
    let files = [
      "/proc/self/limits": "Max address space   1000   1000   bytes\n",
      "/proc/self/status": "VmSize:\t    1500 kB\n",
    ]
    #expect(available(files)?.bytes == 0)
  }

  @Test func theTightestGroupOfVersionTwoCountsLessItsFilePages() {
    let files = [
      "/proc/meminfo": Self.machine, "/proc/self/cgroup": "0::/user/run\n",
      "/sys/fs/cgroup/user/run/memory.max": "max\n",
      "/sys/fs/cgroup/user/run/memory.current": "900000\n",
      "/sys/fs/cgroup/user/memory.max": "1000000\n",
      "/sys/fs/cgroup/user/memory.current": "900000\n",
      "/sys/fs/cgroup/user/memory.stat": "anon 600000\ninactive_file 200000\nactive_file 100000\n",
    ]
    #expect(
      available(files)
        == AvailableMemory(bytes: 400_000, limit: "the control group /sys/fs/cgroup/user"))
  }

  @Test func aContainerFindsItsGroupAtTheRoot() {
    let files = [
      "/proc/meminfo": Self.machine, "/proc/self/cgroup": "0::/docker/0123\n",
      "/sys/fs/cgroup/memory.max": "300000\n", "/sys/fs/cgroup/memory.current": "100000\n",
    ]
    #expect(available(files)?.bytes == 200_000)
  }

  @Test func versionOneIsReadWhereItIsMounted() {
    let files = [
      "/proc/meminfo": Self.machine,
      "/proc/self/cgroup": "12:cpu,cpuacct:/a\n4:memory:/job\n0::/ignored\n",
      "/sys/fs/cgroup/memory/job/memory.limit_in_bytes": "500000\n",
      "/sys/fs/cgroup/memory/job/memory.usage_in_bytes": "450000\n",
      "/sys/fs/cgroup/memory/job/memory.stat": "total_inactive_file 50000\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1\n",
    ]
    #expect(available(files)?.bytes == 100_000)
  }

  @Test func aStrictKernelPromisesNoMoreThanItsCommitLimit() {
    var files = [
      "/proc/meminfo": Self.machine + "CommitLimit: 5000 kB\nCommitted_AS: 4000 kB\n",
      "/proc/sys/vm/overcommit_memory": "0\n",
    ]
    #expect(available(files)?.limit == "the machine")
    files["/proc/sys/vm/overcommit_memory"] = "2\n"
    #expect(
      available(files) == AvailableMemory(bytes: 1_024_000, limit: "the kernel's commit limit"))
  }

  @Test func theRunningMachineHasMemoryLeft() {
    #expect((AvailableMemory.current()?.bytes ?? 0) > 1 << 20)
  }
}

import Artifacts
import Foundation
import Glibc
import Metering

/// What an energy window costs. The processor time of this process while it sleeps inside a window
/// of 200 ms is the meter's alone; the same sleep without a window is taken off.
struct MeteringBench {
  private let window = 0.2

  func run() -> BenchSection {
    let monitor = EnergyMonitor.best()
    var bare: [Double] = []
    var metered: [Double] = []
    for _ in 0..<15 {
      bare.append(processorTime { usleep(200_000) } / window * 100)
      metered.append(
        processorTime {
          let start = monitor.begin()
          usleep(200_000)
          _ = monitor.end(start)
        } / window * 100)
    }
    return BenchSection(
      title: "Metering",
      note:
        "Processor time per wall time of a 200 ms window, spent by the process while it sleeps; "
        + "meter: \(monitor.meterName).",
      results: [
        BenchResult(work: "sleep", side: "no window", unit: "%", bare),
        BenchResult(work: "sleep", side: "energy window", unit: "%", metered),
        BenchResult(
          work: "difference", side: "energy window", unit: "%", zip(metered, bare).map(-)),
      ])
  }

  private func processorTime(_ body: () -> Void) -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = now()
    body()
    return now() - start
  }
}

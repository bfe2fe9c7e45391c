import Artifacts
import Foundation
import Metering
import Testing

/// A 32-bit register behind a powercap file, read at jittered moments: the sum of a trace's windows
/// is the true energy, and every gap in which the register may have wrapped unseen is refused.
@Suite struct PowercapTraceTests {
  private struct Tally {
    var wraps = 0
    var gaps = 0
    var flagged = 0
    var readings = 0
    /// Traces whose error is above one unit for each wrap.
    var wrong = 0
    var firstWrong = ""
  }

  /// Energy units that processors state: 2⁻¹⁴ and 2⁻¹⁶ J (61.0 and 15.3 µJ).
  @Test(arguments: [14, 16]) func tracesAddUp(exponent: Int) throws {
    let unit = 1e6 / Double(1 << exponent)
    let registers = 4_294_967_296.0
    let range = UInt64(((registers - 1) * unit).rounded(.down))
    let system = PowercapMeterTests.system(range: range)
    let meter = try PowercapMeter(system: system)
    let limit = try #require(meter.longestWindow)
    var random = SeededGenerator(seed: 7, stream: "powercap traces \(exponent)")
    var tally = Tally()
    for trace in 0..<50_000 {
      // What the register has counted since it was made; it shows the lower 32 bits.
      var counted = (random.uniform() * registers).rounded(.down)
      func show() {
        let shown = counted.truncatingRemainder(dividingBy: registers)
        system.write(
          "\(UInt64((shown * unit).rounded(.down)))\n", to: PowercapMeterTests.counter)
      }
      show()
      var last = try meter.snapshot()
      var (sum, expected, wraps) = (0.0, 0.0, 0.0)
      for _ in 0..<4 {
        // Around the planned third of the longest window; one in twenty comes far too late.
        let late = random.uniform() < 0.05
        let elapsed = limit * (late ? 0.9 + 0.4 * random.uniform() : 0.1 + 0.8 * random.uniform())
        let power = random.uniform() * 999
        let before = counted
        counted += (elapsed.value * power * 1e6 / unit).rounded(.down)
        system.advance(elapsed)
        show()
        let next = try meter.snapshot()
        tally.readings += 1
        if last.elapsed(to: next) > limit {
          tally.gaps += 1
          do throws(MeterError) { _ = try meter.energy(from: last, to: next) } catch {
            if error.kind == .ambiguousGap { tally.flagged += 1 }
          }
        } else {
          sum += try meter.energy(from: last, to: next).value?.value ?? .nan
          expected += (counted - before) * unit / 1e6
          if (counted / registers).rounded(.down) > (before / registers).rounded(.down) {
            wraps += 1
          }
        }
        last = next
      }
      tally.wraps += Int(wraps)
      // The kernel's range is one unit short of the register's period; each file is cut to whole
      // microjoules.
      let error = abs(sum - expected) * 1e6
      if !(error <= wraps * unit + 4 * 2) {
        tally.wrong += 1
        if tally.firstWrong.isEmpty {
          tally.firstWrong = "trace \(trace): \(sum) J instead of \(expected) J, \(wraps) wraps"
        }
      }
    }
    #expect(tally.wrong == 0, "\(tally.firstWrong)")
    #expect(tally.flagged == tally.gaps)
    #expect(tally.wraps > 20_000 && tally.gaps > 2_000)
  }
}

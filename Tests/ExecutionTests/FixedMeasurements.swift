import Artifacts
import Execution
import Foundation
import Synchronization
import Testing

/// Milliseconds of a request that a test fixes by shape and cause, and the planner it fixes beside them:
/// no outcome depends on a clock.
final class FixedMeasurements: Sendable {
  private struct State {
    var asked: [PlanAdjustment.Cause] = []
    var bases: [RevisionBasis] = []
    var starts: [RepairStart] = []
  }

  private let state = Mutex(State())
  /// By cause, then by shape; the original always takes a second.
  let milliseconds: [PlanAdjustment.Cause: [UniformShape: Double]]
  /// Half of the interval, as a share.
  let spread: Double

  init(
    rehearsal: [UniformShape: Double] = [:], final: [UniformShape: Double] = [:],
    spread: Double = 0.01
  ) {
    milliseconds = [.rehearsal: rehearsal, .finalMeasurement: final]
    self.spread = spread
  }

  /// What was measured, in order.
  var asked: [PlanAdjustment.Cause] { state.withLock { $0.asked } }
  /// What revisions were asked for with.
  var bases: [RevisionBasis] { state.withLock { $0.bases } }
  var starts: [RepairStart] { state.withLock { $0.starts } }

  struct NotFixed: Error {}

  func filter(workload: Workload) -> MeasurementFilter {
    { cause, shape, _ in
      self.state.withLock { $0.asked.append(cause) }
      guard let milliseconds = self.milliseconds[cause]?[shape] else { throw NotFixed() }
      return self.comparison(workload, milliseconds)
    }
  }

  func comparison(_ workload: Workload, _ milliseconds: Double) -> RequestComparison {
    func side(_ milliseconds: Double) -> RequestComparison.Side {
      let seconds = Seconds(milliseconds: milliseconds)
      return RequestComparison.Side(
        median: .measured(
          seconds, low: seconds * (1 - spread), high: seconds * (1 + spread), source: "fixed"),
        percentile95: .measured(seconds, source: "fixed"),
        energy: .measured(Joules(4 * seconds.value), source: "fixed"), samples: [seconds])
    }
    let ratio = 1_000 / milliseconds
    return RequestComparison(
      workload: workload, original: side(1_000), compressed: side(milliseconds), speedUp: ratio,
      speedUpLow: ratio * (1 - spread), speedUpHigh: ratio * (1 + spread))
  }

  /// A planner that answers every question with the next of `answers`.
  func reviser(
    _ answers: [@Sendable (RevisionBasis, RepairStart?) throws -> PlanRevision]
  ) -> PlanReviser {
    PlanReviser(
      latencyMargin: 0.97, roomShare: 0.92, worthwhileGain: 0.002, mostRehearsals: 3
    ) { basis, start in
      let index = self.state.withLock { state -> Int in
        state.bases.append(basis)
        if let start { state.starts.append(start) }
        return state.bases.count - 1
      }
      guard index < answers.count else { throw NotFixed() }
      return try answers[index](basis, start)
    }
  }
}

/// What a planner says that finds no shape.
struct NoShape: Error, CustomStringConvertible {
  var description: String { "no shape meets --target-ms 100" }
}

import Artifacts
import Glibc

/// One of several ways to do the same work.
struct Side {
  var name: String
  var run: () -> Void
}

/// Seconds per run of each side, round by round; other work on the machine hits all sides alike.
struct Alternation {
  /// [side][round]
  let seconds: [[Double]]

  /// Each round runs every side once for about `slice` seconds, in turn.
  ///
  /// - Parameter clock: of the calling thread, where the work is done by it alone and what else runs
  ///   on the machine should not count.
  init(_ sides: [Side], rounds: Int, slice: Double, clock: Clock = .wall) {
    let repetitions = sides.map { side -> Int in
      side.run()
      return max(1, Int((slice / max(1e-7, time(1, clock, side.run))).rounded()))
    }
    var seconds = Array(repeating: [Double](), count: sides.count)
    for _ in 0..<rounds {
      for (index, side) in sides.enumerated() {
        seconds[index].append(time(repetitions[index], clock, side.run))
      }
    }
    self.seconds = seconds
  }

  func summary(_ side: Int) -> SampleSummary { SampleSummary(seconds[side]) }

  /// How many times faster `side` is than `reference`, round by round.
  func speedUp(of side: Int, over reference: Int) -> SampleSummary {
    SampleSummary(zip(seconds[reference], seconds[side]).map { $0 / $1 })
  }
}

enum Clock {
  case wall, thread

  var seconds: Double {
    var time = timespec()
    clock_gettime(self == .wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Seconds of one run, from `repetitions` in a row.
func time(_ repetitions: Int, _ clock: Clock, _ body: () -> Void) -> Double {
  let start = clock.seconds
  for _ in 0..<repetitions { body() }
  return (clock.seconds - start) / Double(repetitions)
}

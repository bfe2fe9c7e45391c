import Artifacts
import Dispatch
import Kernels
import Metering
import Transformers

/// Explains one block's cost by hardware counters, as the marginal of two blocks over one.
struct BlockExplainer {
  let timer: LanguageTimer
  let original: UniformShape
  let threads: Int
  let monitor: EnergyMonitor
  let idlePower: Figure<Watts>
  let system: any SystemCalls

  /// Counts nothing where no counter opens, and says why.
  func explain() -> BlockExplanation {
    var shape = original
    shape.blocks = 1
    let single = timer.model(shape)
    shape.blocks = 2
    let double = timer.model(shape)
    // Starts the threads that the counters are then opened on.
    _ = timer.run(double)
    let group = CounterGroup(system: system, events: CostExplanation.events)
    guard !group.openEvents.isEmpty else {
      let readings = group.count {}.1
      return explanation(
        CostExplanation(readings, time: .zero, roofline: nil),
        energy: .unavailable("no hardware counter counts here"))
    }
    let (one, fewer) = group.count { timer.run(single) }
    var more: [CounterReading] = []
    var two = ChunkTiming()
    let window = monitor.repeatUntilResolved { (two, more) = group.count { timer.run(double) } }
    let block = CostExplanation(
      marginalReadings(more, fewer, parts: 1),
      time: Seconds(max(0, two.prefill + two.decode - one.prefill - one.decode)),
      roofline: Self.roofline(threads: threads, system: system))
    let whole = CostExplanation(
      more, time: Seconds(two.prefill + two.decode), roofline: nil)
    return explanation(block, energy: energy(of: block, in: whole, window: window.perRun.energy))
  }

  /// One of two equal blocks and everything around them.
  private func energy(
    of block: CostExplanation, in whole: CostExplanation, window: Figure<Joules>
  ) -> Figure<Joules> {
    guard let part = block.work(name: "block"), let all = whole.work(name: "all"),
      let idle = idlePower.value
    else { return .unavailable("operations or bytes were not counted here") }
    let rest = PartWork(
      name: "rest", operations: max(0, all.operations - 2 * part.operations),
      bytes: max(0, all.bytes - 2 * part.bytes),
      time: Seconds(max(0, all.time.value - 2 * part.time.value)))
    let parts = attributed(
      window, to: [part, part, rest], constants: AttributionConstants(staticPower: idle))
    return parts[0].energy
  }

  private func explanation(
    _ cost: CostExplanation, energy: Figure<Joules>
  ) -> BlockExplanation {
    BlockExplanation(
      text: cost.text, instructionsPerCycle: cost.instructionsPerCycle,
      operationsPerSecond: cost.operationsPerSecond?.value,
      bytesPerSecond: cost.bytesPerSecond?.value, rooflineShare: cost.rooflineShare,
      energy: energy, missing: cost.missing)
  }

  /// Arithmetic: the engine's own product of 512 × 512 matrices on every thread. Traffic: copies of
  /// 64 MiB, each byte read and written.
  static func roofline(threads: Int, system: any SystemCalls) -> Roofline {
    let (size, length) = (512, 16 << 20)
    let buffers = (0..<threads).map { _ in
      (AlignedBuffer(count: 3 * size * size), AlignedBuffer(count: 2 * length))
    }
    for (matrices, memory) in buffers {
      matrices.pointer.update(repeating: 0.5, count: 3 * size * size)
      memory.pointer.update(repeating: 0.5, count: 2 * length)
    }
    return Roofline.measured(
      system: system, source: "matrix product and copy, \(threads) threads"
    ) {
      _ = parallel(workers: threads) { worker in
        let a = buffers[worker].0.pointer
        gemm(
          m: size, n: size, k: size, a: a, lda: size, b: a + size * size, ldb: size,
          c: a + 2 * size * size, ldc: size)
      }
      return 2 * Double(size * size * size * threads)
    } traffic: {
      _ = parallel(workers: threads) { worker in
        let memory = buffers[worker].1.pointer
        memory.update(from: memory + length, count: length)
      }
      return 8 * Double(length * threads)
    }
  }
}

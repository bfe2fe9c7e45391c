import Artifacts
import Kernels
import Testing

/// A team's results have the bytes of one thread's.
@Suite struct WorkerTeamTests {
  @Test(arguments: [1, 2, 3])
  func productsHaveTheSameBytes(_ workers: Int) {
    let team = WorkerTeam(workers: workers)
    var generator = SeededGenerator(seed: 8)
    for path in GemmPath.allCases where path.isSupported {
      for round in 0..<40 {
        let m = awkwardSize(&generator, upTo: 50)
        let n = awkwardSize(&generator, upTo: 130)
        let k = awkwardSize(&generator, upTo: 200)
        let w = Guarded(random: n * k, &generator)
        let x = Guarded(random: m * k, &generator)
        let packed = PackedMatrix(weights: w.constant, rows: n, columns: k, stride: k, path: path)
        let alone = Guarded(random: m * n, &generator)
        let together = Guarded(alone.values)
        for (y, team) in [(alone, nil), (together, team)] {
          packed.multiply(
            m: m, x: x.constant, ldx: k, y: y.pointer, ldy: n, accumulate: round % 2 == 0,
            team: team)
        }
        #expect(
          alone.bits == together.bits && together.intact, "\(path) \(workers): \(m)×\(n)×\(k)")
      }
    }
  }

  @Test(arguments: [1, 2, 3])
  func attentionHasTheSameBytes(_ workers: Int) {
    let team = WorkerTeam(workers: workers)
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<30 {
      let (keyHeads, group) = (1 + generator.integer(below: 4), 1 + generator.integer(below: 2))
      let (size, valueSize) = (1 + generator.integer(below: 20), 1 + generator.integer(below: 20))
      let (queries, prefix) = (1 + generator.integer(below: 9), generator.integer(below: 5))
      let geometry = AttentionGeometry(
        queryHeads: keyHeads * group, keyValueHeads: keyHeads, headSize: size,
        valueHeadSize: valueSize, scale: 0.4, causal: true)
      let (keyStride, valueStride) = (keyHeads * size, keyHeads * valueSize)
      let q = Guarded(random: queries * group * keyStride, &generator)
      let k = Guarded(random: (prefix + queries) * keyStride, &generator)
      let v = Guarded(random: (prefix + queries) * valueStride, &generator)
      func output(_ team: WorkerTeam?) -> [UInt32] {
        let y = Guarded(count: queries * group * valueStride)
        attentionForward(
          geometry, queries: q.constant, queryStride: group * keyStride, queryCount: queries,
          prefixKeys: prefix > 0 ? k.constant : nil, prefixValues: prefix > 0 ? v.constant : nil,
          prefixCount: prefix, keys: k.constant + prefix * keyStride,
          values: v.constant + prefix * valueStride, keyCount: queries, keyStride: keyStride,
          valueStride: valueStride, output: y.pointer, outputStride: group * valueStride,
          probabilities: nil, team: team)
        return y.intact ? y.bits : []
      }
      #expect(output(team) == output(nil))
    }
  }

  /// Helpers that have gone to sleep are woken, and a team can be let go at any moment.
  @Test func sleepersWakeUp() async throws {
    let w = Guarded([Double](repeating: 1, count: 64 * 3))
    let packed = PackedMatrix(weights: w.constant, rows: 64, columns: 3, stride: 3)
    let x = Guarded([1, 2, 3])
    let y = Guarded(count: 64)
    for pause in [0, 2, 0, 20] {
      let team = WorkerTeam(workers: 2)
      for _ in 0..<50 {
        try await Task.sleep(for: .milliseconds(pause / 2))
        packed.multiply(m: 1, x: x.constant, ldx: 3, y: y.pointer, ldy: 64, team: team)
        #expect(y.values == [Double](repeating: 6, count: 64))
      }
    }
  }
}

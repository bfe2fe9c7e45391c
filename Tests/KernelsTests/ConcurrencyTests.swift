import Artifacts
import Dispatch
import Kernels
import Testing

/// Results of several workers, each writing its own slot only.
private struct Slots: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<[UInt32]>
}

@Suite struct ConcurrencyTests {
  /// Workers share no state: each gets the bytes it would get alone.
  @Test func workersDoNotDisturbEachOther() {
    let slots = Slots(pointer: .allocate(capacity: 16))
    slots.pointer.initialize(repeating: [], count: 16)
    defer {
      slots.pointer.deinitialize(count: 16)
      slots.pointer.deallocate()
    }
    @Sendable func work(_ seed: UInt64) -> [UInt32] {
      var generator = SeededGenerator(seed: seed)
      var bits: [UInt32] = []
      for _ in 0..<10 {
        let a = Guarded(random: 90 * 61, &generator)
        let b = Guarded(random: 90 * 75, &generator)
        let c = Guarded(count: 61 * 75)
        gemm(
          m: 61, n: 75, k: 90, a: a.constant, lda: 61, transposeA: true, b: b.constant, ldb: 75,
          c: c.pointer, ldc: 75)
        let reference = AttentionCase.causalWithPrefix.draw(&generator)
        let buffers = AttentionBuffers(reference, &generator)
        buffers.forward(reference)
        bits += c.bits + buffers.probabilities.bits
      }
      return bits
    }
    DispatchQueue.concurrentPerform(iterations: 16) { slots.pointer[$0] = work(UInt64($0 % 4)) }
    for i in 0..<16 {
      #expect(slots.pointer[i] == work(UInt64(i % 4)))
    }
  }
}

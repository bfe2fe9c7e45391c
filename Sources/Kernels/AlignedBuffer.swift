/// A zero-initialised array of floats on a 64-byte boundary, so that no vector straddles a cache
/// line.
///
/// `@unchecked Sendable`: the buffer only owns memory; whoever hands it to several workers gives
/// each of them a disjoint part to write.
package final class AlignedBuffer: @unchecked Sendable {
  package let pointer: Floats
  package let count: Int

  package init(count: Int) {
    precondition(count >= 0, "a buffer cannot hold \(count) floats")
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    pointer = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    pointer.initialize(repeating: 0, count: max(count, 1))
    self.count = count
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}

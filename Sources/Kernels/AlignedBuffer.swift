import Foundation

/// A zero-initialised array of floats on a 64-byte boundary, so that no vector straddles a cache
/// line. A large one asks for large pages, whose addresses a core finds faster. Where there is no
/// memory, `AllocationFailure` ends the process.
///
/// `@unchecked Sendable`: the buffer only owns memory; whoever hands it to several workers gives
/// each of them a disjoint part to write.
package final class AlignedBuffer: @unchecked Sendable {
  package let pointer: Floats
  package let count: Int
  private static let cacheLine = 64
  /// Bytes of a large page; of a larger buffer at most so many are unused.
  private static let largePage = 2 << 20

  package init(count: Int) {
    precondition(count >= 0, "a buffer cannot hold \(count) floats")
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(
      by: MemoryLayout<Float>.stride)
    let isLarge = bytes >= Self.largePage
    var found: UnsafeMutableRawPointer?
    guard !overflow,
      posix_memalign(&found, isLarge ? Self.largePage : Self.cacheLine, bytes) == 0,
      let memory = found
    else { AllocationFailure.report(bytes: overflow ? .max : bytes) }
    // A wish: where the system does not grant it, pages are small.
    if isLarge { madvise(memory, bytes / Self.largePage * Self.largePage, Int32(MADV_HUGEPAGE)) }
    pointer = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    pointer.initialize(repeating: 0, count: max(count, 1))
    self.count = count
  }

  deinit { free(pointer) }
}

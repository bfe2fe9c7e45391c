import CKernels
import Synchronization

/// What happens when memory for floats cannot be had. Kernels have no way to throw, and nothing can
/// go on without it, so the process ends; how, is for its owner to say.
package enum AllocationFailure {
  private static let handler = Mutex<(@Sendable (_ bytes: Int) -> Never)?>(nil)

  /// Sets what ends the process, in place of a trap. It is called with the bytes that were asked for,
  /// on the thread that asked, and by one thread only.
  package static func end(_ newHandler: @escaping @Sendable (_ bytes: Int) -> Never) {
    handler.withLock { $0 = newHandler }
    ck_on_allocation_failure { AllocationFailure.report(bytes: $0) }
  }

  static func report(bytes: Int) -> Never {
    // The lock is never released, so that a second thread waits for the end and says nothing.
    handler.withLock { handler in handler?(bytes) }
    preconditionFailure("no memory for \(bytes) bytes")
  }
}

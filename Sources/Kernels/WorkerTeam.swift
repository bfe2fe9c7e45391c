import CKernels

/// Threads that share the products of one small batch, for answers that must come fast.
///
/// They wait for work by spinning, and sleep after some tens of microseconds without any.
///
/// `@unchecked Sendable` by this rule: one caller at a time.
package final class WorkerTeam: @unchecked Sendable {
  let handle: OpaquePointer

  /// - Parameter workers: threads with the caller's own.
  package init(workers: Int) {
    precondition(workers > 0, "a team has at least its caller")
    handle = ck_team_create(workers)
  }

  deinit { ck_team_destroy(handle) }
}

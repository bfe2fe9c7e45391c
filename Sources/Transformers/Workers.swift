import Dispatch

/// A value shared by worker threads.
///
/// Sendable by this rule: workers only read it, or each writes a part that no other touches.
package struct Shared<Value>: @unchecked Sendable {
  package let value: Value
  package init(_ value: Value) { self.value = value }
}

/// Runs `body(0) … body(workers − 1)` on as many threads and returns their results in order.
///
/// One dispatch for a whole step: workers never wait for one another inside it.
package func parallel<Result: Sendable>(
  workers: Int, _ body: @Sendable (Int) -> Result
) -> [Result] {
  if workers == 1 { return [body(0)] }
  let results = UnsafeMutablePointer<Result?>.allocate(capacity: workers)
  results.initialize(repeating: nil, count: workers)
  defer {
    results.deinitialize(count: workers)
    results.deallocate()
  }
  // Each worker writes its own element.
  let slots = Shared(results)
  DispatchQueue.concurrentPerform(iterations: workers) { slots.value[$0] = body($0) }
  return (0..<workers).compactMap { results[$0] }
}

/// The contiguous share of `count` items that worker `index` of `workers` takes.
package func share(of count: Int, worker index: Int, of workers: Int) -> Range<Int> {
  (count * index / workers)..<(count * (index + 1) / workers)
}

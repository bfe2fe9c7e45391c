import Artifacts
import CAllocations
import Foundation
import Kernels
import Training
import Transformers

/// Peak memory of a distillation step beside the sum counted on paper, and what a step asks the
/// allocator for once the first ones have filled the arenas.
struct MemoryBench {
  let threads: Int

  func run() -> BenchSection {
    var results: [BenchResult] = []
    func megabytes(_ work: String, _ side: String, _ bytes: Int) -> BenchResult {
      BenchResult(work: work, side: side, unit: "MB", [Double(bytes) * 1e-6])
    }
    for precision in Precision.allCases {
      let before = Self.status("VmRSS") ?? 0
      // Starts the peak anew.
      try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
      let work = StepWork(workers: threads, precision: precision)
      for _ in 0..<3 { work.step() }
      let start = allocations()
      work.step()
      let end = allocations()
      let peak = (Self.status("VmHWM") ?? 0) - before

      let account = work.memory(microBatch: 8)
      let side = precision.rawValue
      for (name, bytes) in account { results.append(megabytes("counted: \(name)", side, bytes)) }
      let sum = account.reduce(0) { $0 + $1.bytes }
      results.append(megabytes("counted, sum", side, sum))
      results.append(
        megabytes("measured peak", side, peak).against("the sum", [Double(peak) / Double(sum)]))
      if allocations_counted() != 0 {
        results.append(
          BenchResult(
            work: "allocations of one step", side: side, unit: "calls",
            [Double(end.calls - start.calls)]))
        results.append(
          BenchResult(
            work: "allocations of one step", side: side, unit: "kB",
            [Double(end.bytes - start.bytes) * 1e-3]))
      }
    }
    return BenchSection(
      title: "Memory of a step",
      note: "12 blocks, 32 × 48 rows, \(threads) workers, 8 sequences of a worker at a time. Peak: "
        + "growth of the resident set (VmHWM).",
      results: results)
  }

  /// A line of /proc/self/status in bytes.
  private static func status(_ name: String) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return nil
    }
    for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
      return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
    }
    return nil
  }
}

extension StepWork {
  /// Bytes that a step needs, counted from its shapes.
  func memory(microBatch: Int) -> [(name: String, bytes: Int)] {
    let shape = Self.shape
    let rows = microBatch * Self.tokens
    let hidden = shape.hiddenSize
    // Two norms (output and two statistics), projections, context, the two sums of the residual
    // stream, the feed-forward layer, which ReLU overwrites, probabilities.
    let perRow =
      2 * (hidden + 2) + 3 * shape.attentionWidth + shape.attentionWidth + 2 * hidden
      + shape.feedForwardWidth + shape.heads * Self.tokens
    // Of one block at a time in the backward pass: the stream's gradient, two norms' gradients,
    // feed-forward, projections and context.
    let backward =
      3 * hidden + shape.feedForwardWidth + 3 * shape.attentionWidth + shape.attentionWidth
    // Embeddings, gathered rows and their norm; logits of both models, their gradient and the
    // loss's two distributions.
    let outer = 4 * hidden + 5 * Self.vocabulary
    let activations = rows * (shape.blocks * perRow + backward + outer)
    return [
      ("weights of student and teacher", 4 * (student.count + teacher.count)),
      ("packed weights", packedByteCount),
      ("gradients of \(optimizer.workers) workers", 4 * optimizer.workers * student.count),
      ("two moments", 8 * student.count),
      ("activations of \(optimizer.workers) workers", 4 * optimizer.workers * activations),
    ]
  }

  private var packedByteCount: Int { packedStudent.byteCount + packedTeacher.byteCount }
}

import Artifacts

/// Standard normal quantiles of two-sided intervals.
enum NormalQuantile {
  static let eighty = 1.281_551_565_5
  static let ninetyFive = 1.959_963_984_5
}

/// Wilson's score interval of a proportion (Wilson, JASA 22, 1927); 0 … 1 where nothing was asked.
func wilsonInterval(correct: Int, total: Int, quantile z: Double) -> (low: Double, high: Double) {
  guard total > 0 else { return (0, 1) }
  let n = Double(total)
  let p = Double(correct) / n
  let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
  let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
  return (max(0, centre - half), min(1, centre + half))
}

/// Exact-match accuracy with its 80 % Wilson interval; unavailable where nothing was asked.
func accuracyFigure(correct: Int, total: Int, split: String) -> Figure<Accuracy> {
  guard total > 0 else { return .unavailable("no \(split) entries") }
  guard (0...total).contains(correct) else {
    return .unavailable("counts contradict each other: \(correct) of \(total) \(split) entries")
  }
  let interval = wilsonInterval(correct: correct, total: total, quantile: NormalQuantile.eighty)
  let value = Double(correct) / Double(total)
  return .measured(
    Accuracy(value), low: Accuracy(min(interval.low, value)),
    high: Accuracy(max(interval.high, value)),
    source: "exact match of generated answers on \(total) \(split) entries; Wilson 80 % interval")
}

func accuracyFigure(_ record: AccuracyRecord) -> Figure<Accuracy> {
  accuracyFigure(correct: record.correct, total: record.total, split: record.split)
}

/// Accuracy after minus before with Newcombe's 95 % hybrid score interval (Statist. Med. 17, 1998).
///
/// The two models answer the same entries, but a record holds counts, not pairs, so the interval
/// is the one of independent samples, which is wider than a paired one.
func accuracyChange(
  before: (correct: Int, total: Int), after: (correct: Int, total: Int), split: String
) -> Figure<AccuracyChange> {
  guard before.total > 0, after.total > 0 else { return .unavailable("no \(split) entries") }
  guard (0...before.total).contains(before.correct), (0...after.total).contains(after.correct)
  else { return .unavailable("counts of \(split) entries contradict each other") }
  let z = NormalQuantile.ninetyFive
  let p0 = Double(before.correct) / Double(before.total)
  let p1 = Double(after.correct) / Double(after.total)
  let i0 = wilsonInterval(correct: before.correct, total: before.total, quantile: z)
  let i1 = wilsonInterval(correct: after.correct, total: after.total, quantile: z)
  func root(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
  return .measured(
    AccuracyChange(p1 - p0), low: AccuracyChange(p1 - p0 - root(p1 - i1.low, i0.high - p0)),
    high: AccuracyChange(p1 - p0 + root(i1.high - p1, p0 - i0.low)),
    source: "difference of two exact-match shares on \(split) entries; Newcombe 95 % interval of "
      + "independent samples")
}

import Artifacts

/// Cross-entropy of the right answers; unavailable in records from before it was measured.
func lossFigure(_ record: AccuracyRecord) -> Figure<NatsPerToken> {
  record.answerLoss.map {
    .measured(
      $0, source: "cross-entropy of the right answers of \(record.total) \(record.split) entries")
  } ?? .unavailable("the loss of the right answers was not measured, or is not a finite number")
}

/// Share of entries with the original's answer, with its 80 % Wilson interval.
func agreementFigure(_ record: AccuracyRecord) -> Figure<Accuracy> {
  guard let share = record.agreement, record.total > 0 else {
    return .unavailable("the answers of both models were not compared")
  }
  let same = Int((share.value * Double(record.total)).rounded())
  let interval = wilsonInterval(
    correct: min(max(same, 0), record.total), total: record.total,
    quantile: NormalQuantile.eighty)
  return .measured(
    share, low: Accuracy(min(interval.low, share.value)),
    high: Accuracy(max(interval.high, share.value)),
    source: "same generated answer as the original on \(record.total) \(record.split) entries; "
      + "Wilson 80 % interval")
}

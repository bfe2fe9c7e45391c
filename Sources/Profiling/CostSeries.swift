import Artifacts
import HardwareModels

/// Times of one sampled block, in probes of the baseline: models of one block and of more.
struct CostSeries {
  /// Blocks that the deeper model has more; 0 before the first visit.
  var blocksBetween = 0
  var pairs: [(single: LanguageTimer.Timing, deeper: LanguageTimer.Timing)] = []

  /// Seconds of one more block, and of a model of one, at the median pace.
  func costs(_ pace: Pace) -> (block: [LanguageTimer.Timing], first: [LanguageTimer.Timing]) {
    let probe = pace.median
    let part = probe / Double(max(1, blocksBetween))
    return (
      pairs.map { single, deeper in
        .init(
          prefill: (deeper.prefill - single.prefill) * part,
          decode: (deeper.decode - single.decode) * part)
      }, pairs.map { $0.single * probe }
    )
  }

  /// Median seconds of one more block.
  func blockTime(_ pace: Pace) -> Double { SampleSummary(costs(pace).block.map(\.total)).median }

  /// Medians without intervals or energies, to interpolate between.
  func sample(_ point: BlockWidths, _ pace: Pace) -> BlockCostSample {
    func expense(_ times: [Double]) -> Expense {
      Expense(
        time: .measured(Seconds(SampleSummary(times).median), source: ""),
        energy: .unavailable(""))
    }
    let (block, first) = costs(pace)
    return BlockCostSample(
      hiddenSize: point.hiddenSize, heads: point.heads, headSize: point.headSize,
      feedForwardWidth: point.feedForwardWidth, prefill: expense(block.map(\.prefill)),
      decode: expense(block.map(\.decode)), firstPrefill: expense(first.map(\.prefill)),
      firstDecode: expense(first.map(\.decode)))
  }

  /// How much the point needs another visit: 0 where it is settled, above 1 where it has too few
  /// repetitions, in between the relative width of its interval.
  func need(
    _ settings: SamplingSettings, _ pace: Pace, _ generator: inout SeededGenerator
  ) -> Double {
    guard pairs.count < settings.mostRepetitions else { return 0 }
    if pairs.count < settings.leastRepetitions {
      return 1 + Double(settings.leastRepetitions - pairs.count)
    }
    let totals = costs(pace).block.map(\.total)
    let interval = bootstrapMedian(totals, generator: &generator)
    let median = SampleSummary(totals).median
    guard median > 0 else { return 1 }
    let width = (interval.high - interval.low) / (2 * median)
    return width > settings.precision ? min(1, width) : 0
  }
}

/// Relative errors of predicting samples from others on both sides: each from all others where there
/// are wider and narrower ones of its hidden size, and all of a hidden size from larger and smaller
/// ones. Nil where there are fewer than three.
func leaveOneOutErrors(_ blocks: [BlockCostSample]) -> (block: [Double], first: [Double])? {
  var errors: (block: [Double], first: [Double]) = ([], [])
  func add(_ sample: BlockCostSample, predictedFrom others: [BlockCostSample]) {
    let widths = BlockWidths(
      hiddenSize: sample.hiddenSize, heads: sample.heads, headSize: sample.headSize,
      feedForwardWidth: sample.feedForwardWidth)
    guard let predicted = interpolatedTimes(others, widths),
      let prefill = sample.prefill.time.value, let decode = sample.decode.time.value,
      let firstPrefill = sample.firstPrefill.time.value,
      let firstDecode = sample.firstDecode.time.value,
      (prefill + decode).value > 0, (firstPrefill + firstDecode).value > 0
    else { return }
    errors.block.append(abs(predicted.block / (prefill + decode) - 1))
    errors.first.append(abs(predicted.first / (firstPrefill + firstDecode) - 1))
  }
  func isBetween(_ value: Int, _ others: [Int]) -> Bool {
    others.contains { $0 < value } && others.contains { $0 > value }
  }
  for (index, sample) in blocks.enumerated() {
    let alike = blocks.filter { $0.hiddenSize == sample.hiddenSize }.map(\.feedForwardWidth)
    guard isBetween(sample.feedForwardWidth, alike) else { continue }
    var others = blocks
    others.remove(at: index)
    add(sample, predictedFrom: others)
  }
  let hiddenSizes = Set(blocks.map(\.hiddenSize))
  for hidden in hiddenSizes.sorted() where isBetween(hidden, Array(hiddenSizes)) {
    let alike = blocks.filter { $0.hiddenSize == hidden }
    // A curve over head sizes has no other like it.
    guard Set(alike.map(\.headSize)).count < 3 else { continue }
    let others = blocks.filter { $0.hiddenSize != hidden }
    for sample in alike { add(sample, predictedFrom: others) }
  }
  return errors.block.count < 3 ? nil : errors
}

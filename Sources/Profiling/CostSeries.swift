import Artifacts
import HardwareModels

/// Raw times of one sampled block: models of one block and of more, and the run of the baseline that
/// each pair belongs to.
struct CostSeries {
  /// Blocks that the deeper model has more; 0 before the first visit.
  var blocksBetween = 0
  var pairs: [(single: LanguageTimer.Timing, deeper: LanguageTimer.Timing, run: Int)] = []

  /// One more block, and a model of one, at the median pace.
  func costs(_ pace: Pace) -> (block: [LanguageTimer.Timing], first: [LanguageTimer.Timing]) {
    var block: [LanguageTimer.Timing] = []
    var first: [LanguageTimer.Timing] = []
    for (single, deeper, run) in pairs {
      let slowness = pace.slowness(at: run)
      let parts = slowness * Double(max(1, blocksBetween))
      block.append(
        .init(
          prefill: (deeper.prefill - single.prefill) / parts,
          decode: (deeper.decode - single.decode) / parts))
      first.append(.init(prefill: single.prefill / slowness, decode: single.decode / slowness))
    }
    return (block, first)
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

/// Relative errors of predicting each sample from all others, of samples that have others on both
/// sides: in the feed-forward width at the same hidden size, or in the hidden size for heads out of
/// proportion. Nil where there are fewer than three of those.
func leaveOneOutErrors(_ blocks: [BlockCostSample]) -> (block: [Double], first: [Double])? {
  var errors: (block: [Double], first: [Double]) = ([], [])
  for (index, sample) in blocks.enumerated() {
    let alike = blocks.filter {
      $0.hiddenSize == sample.hiddenSize && $0.feedForwardWidth != sample.feedForwardWidth
    }.map(\.feedForwardWidth)
    guard let least = alike.min(), let most = alike.max(),
      least < sample.feedForwardWidth, sample.feedForwardWidth < most,
      let prefill = sample.prefill.time.value, let decode = sample.decode.time.value,
      let firstPrefill = sample.firstPrefill.time.value,
      let firstDecode = sample.firstDecode.time.value
    else { continue }
    var others = blocks
    others.remove(at: index)
    let widths = BlockWidths(
      hiddenSize: sample.hiddenSize, heads: sample.heads, headSize: sample.headSize,
      feedForwardWidth: sample.feedForwardWidth)
    guard let predicted = interpolatedTimes(others, widths),
      (prefill + decode).value > 0, (firstPrefill + firstDecode).value > 0
    else { continue }
    errors.block.append(abs(predicted.block / (prefill + decode) - 1))
    errors.first.append(abs(predicted.first / (firstPrefill + firstDecode) - 1))
  }
  return errors.block.count < 3 ? nil : errors
}

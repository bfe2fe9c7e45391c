package import Artifacts

extension ProfileSession {
  /// What was measured on this machine.
  package struct MachineCosts: Sendable {
    package var costs: HardwareCosts
    /// Wall seconds of the original's requests.
    package var requests: [Double]
    /// Computing time of a probe of the baseline at the pace that all times are given at.
    package var baseline: Seconds
    /// Wall time over computing time while costs were measured.
    package var load: Double
    package var warnings: [String]

    package init(
      costs: HardwareCosts, requests: [Double], baseline: Seconds, load: Double,
      warnings: [String]
    ) {
      self.costs = costs
      self.requests = requests
      self.baseline = baseline
      self.load = load
      self.warnings = warnings
    }
  }
}

extension ProfileSession.MachineCosts {
  /// The costs at the pace of all the original's requests, these and later ones. Measuring costs takes
  /// a minute; a machine that is shared is faster or slower by a tenth for longer than that, and what is
  /// served in the end meets all of it.
  ///
  /// - Parameter later: Wall seconds.
  package func atPace(ofRequests later: [Double], threads: Int) -> HardwareCosts {
    let all = requests + later
    guard !later.isEmpty, let before = costs.request.time.value, before.value > 0 else {
      return costs
    }
    let latency = SampleSummary(all).measured(
      source: "wall clock, \(all.count) requests over the whole profile, \(threads) threads")
    guard let after = latency.value else { return costs }
    let slowness = after / before
    func scaled(_ expense: Expense) -> Expense {
      Expense(
        time: expense.time.map { $0 * slowness }, energy: expense.energy.map { $0 * slowness })
    }
    var result = costs
    result.request = Expense(time: latency, energy: scaled(costs.request).energy)
    for index in result.phases.indices {
      result.phases[index].cost = scaled(result.phases[index].cost)
    }
    for index in result.blocks.indices {
      var block = result.blocks[index]
      block.prefill = scaled(block.prefill)
      block.decode = scaled(block.decode)
      block.firstPrefill = scaled(block.firstPrefill)
      block.firstDecode = scaled(block.firstDecode)
      result.blocks[index] = block
    }
    return result
  }
}

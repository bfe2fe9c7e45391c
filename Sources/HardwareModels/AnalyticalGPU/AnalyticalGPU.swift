package import Artifacts

/// Latency and energy of transformer modules on a GPU that is not at hand.
///
/// Every figure is `modelled`; its interval comes from moving each parameter to the ends of its band
/// in turn and adding the effects in quadrature.
package struct AnalyticalGPU: Sendable {
  package let profile: GPUProfile
  package let precision: GPUPrecision
  package let engine: GPUEngine
  let source: String

  /// Throws where the profile is incomplete.
  package init(
    _ profile: GPUProfile, precision: GPUPrecision = .f16, engine: GPUEngine = .fused
  ) throws(HardwareModelError) {
    try profile.validate()
    self.profile = profile
    self.precision = precision
    self.engine = engine
    source =
      "analytical model of \(profile.name), \(precision.rawValue), \(engine.rawValue) engine, energy at the wall of the card"
  }

  /// `count` blocks over a batch of full sequences: an encoder such as BERT.
  package func encoder(
    block: BlockShape, count: Int, batch: Int, tokens: Int
  ) -> Expense {
    banded { kernels in
      var work = kernels.encoderBlock(block, sequences: batch, tokens: tokens) * Double(count)
      if engine == .fusedOperator { work.passes = 1 }
      return [(work, 1)]
    }
  }

  /// Time and energy of works done one after another, each some number of times.
  package func banded(_ work: (GPUKernels) -> [(work: GPUWork, times: Double)]) -> Expense {
    var constants = GPUConstants(profile, precision: precision, engine: engine)
    func evaluate() -> (time: Double, energy: Double) {
      work(GPUKernels(constants: constants)).reduce((0, 0)) { sum, part in
        (
          sum.0 + part.work.time(constants) * part.times,
          sum.1 + part.work.energy(constants) * part.times
        )
      }
    }
    let middle = evaluate()
    var time = Interval(value: middle.time, below: 0, above: 0)
    var energy = Interval(value: middle.energy, below: 0, above: 0)
    for band in profile.parameters where band.low < band.high {
      constants[band.parameter] = band.low
      let low = evaluate()
      constants[band.parameter] = band.high
      let high = evaluate()
      constants[band.parameter] = band.value
      time.widen(towards: low.time, high.time)
      energy.widen(towards: low.energy, high.energy)
    }
    return Expense(
      time: .modelled(
        Seconds(time.value), low: Seconds(time.low), high: Seconds(time.high), source: source),
      energy: .modelled(
        Joules(energy.value), low: Joules(energy.low), high: Joules(energy.high), source: source))
  }
}

extension Interval {
  /// Adds the effect of one parameter's band as an independent error.
  fileprivate mutating func widen(towards a: Double, _ b: Double) {
    let down = max(0, value - min(a, b))
    let up = max(0, max(a, b) - value)
    below = (below * below + down * down).squareRoot()
    above = (above * above + up * up).squareRoot()
  }
}

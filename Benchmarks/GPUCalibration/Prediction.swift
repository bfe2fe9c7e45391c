package import HardwareModels

/// What the model says of one row.
package struct Prediction: Sendable {
  package var time: Double
  /// Watts of the card.
  package var power: Double
  /// Seconds of the naive roofline.
  package var naive: Double

  init(time: Double, power: Double, naive: Double) {
    (self.time, self.power, self.naive) = (time, power, naive)
  }

  package init(_ row: PublishedMeasurement, _ constants: GPUConstants) {
    let work = row.work(GPUKernels(constants: constants))
    time = work.time(constants)
    power = work.cardEnergy(constants) / time
    naive = work.naiveTime(constants)
  }
}

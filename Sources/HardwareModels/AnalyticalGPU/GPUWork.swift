/// A sequence of kernels: busy time, launches, operations and memory traffic, which add up.
package struct GPUWork: Sendable {
  package var seconds = 0.0
  /// Kernels that the host launches.
  package var kernels = 0.0
  package var operations = 0.0
  /// Bytes that kernels read and write, wherever they are found.
  package var bytes = 0.0
  /// Bytes that come from or go to memory because the second-level cache cannot hold them.
  package var memoryBytes = 0.0
  /// Passes of the model that the host starts: one of prefill, one of each decode step.
  package var passes = 0.0
  /// Blocks whose modules the host calls one by one, in eager mode.
  package var eagerBlocks = 0.0

  package init() {}

  init(
    seconds: Double = 0, kernels: Double = 0, operations: Double, bytes: Double = 0,
    memoryBytes: Double = 0
  ) {
    self.seconds = seconds
    self.kernels = kernels
    self.operations = operations
    self.bytes = bytes
    self.memoryBytes = memoryBytes
  }

  package static func + (left: Self, right: Self) -> Self {
    var sum = left
    sum.seconds += right.seconds
    sum.kernels += right.kernels
    sum.operations += right.operations
    sum.bytes += right.bytes
    sum.memoryBytes += right.memoryBytes
    sum.passes += right.passes
    sum.eagerBlocks += right.eagerBlocks
    return sum
  }

  package static func += (left: inout Self, right: Self) { left = left + right }

  package static func * (left: Self, right: Double) -> Self {
    var product = left
    product.seconds *= right
    product.kernels *= right
    product.operations *= right
    product.bytes *= right
    product.memoryBytes *= right
    product.passes *= right
    product.eagerBlocks *= right
    return product
  }

  /// Time on the card: that of its kernels, or what its power cap leaves for the energy that they take.
  private func busyTime(_ constants: GPUConstants) -> Double {
    max(
      seconds,
      dynamicEnergy(constants) / (constants[.powerCap] - constants[.contextPower]))
  }

  /// Joules beside the context's power.
  private func dynamicEnergy(_ constants: GPUConstants) -> Double {
    constants.operationEnergy * operations + constants[.memoryEnergy] * memoryBytes
  }

  /// Wall time. Launches are queued ahead of the card, so the slower of the two decides, in eager mode as
  /// well: there the host takes its time for kernels, blocks and passes.
  package func time(_ constants: GPUConstants) -> Double {
    let seconds = busyTime(constants)
    switch constants.engine {
    case .fused, .compiled: return max(seconds, kernels * constants[.launchTime])
    case .fusedOperator:
      return max(seconds, kernels * constants[.launchTime] + passes * constants[.operatorTime])
    case .traced: return max(seconds, kernels * constants[.tracedLaunchTime])
    case .eager:
      let host =
        kernels * constants[.eagerLaunchTime] + eagerBlocks * constants[.eagerBlockTime]
        + passes * constants[.eagerPassTime]
      return max(seconds, host)
    }
  }

  /// Joules of the card alone: context · time + e_c · operations + e_m · bytes, which no time that the cap
  /// allows lets exceed the cap.
  package func cardEnergy(_ constants: GPUConstants) -> Double {
    constants[.contextPower] * time(constants) + dynamicEnergy(constants)
  }

  /// Joules at the wall: the card's times the wall factor.
  package func energy(_ constants: GPUConstants) -> Double {
    cardEnergy(constants) * constants[.wallFactor]
  }

  /// The naive roofline: max(operations / peak, bytes / bandwidth), without launches, tiles or
  /// efficiencies. What a better model has to beat.
  package func naiveTime(_ constants: GPUConstants) -> Double {
    max(operations / constants.peak, bytes / constants.bandwidth)
  }
}

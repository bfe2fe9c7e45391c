/// A sequence of kernels: busy time, launches, operations and memory traffic, which add up.
struct GPUWork {
  var seconds = 0.0
  var kernels = 0.0
  var operations = 0.0
  var bytes = 0.0

  static func + (left: Self, right: Self) -> Self {
    GPUWork(
      seconds: left.seconds + right.seconds, kernels: left.kernels + right.kernels,
      operations: left.operations + right.operations, bytes: left.bytes + right.bytes)
  }

  static func += (left: inout Self, right: Self) { left = left + right }

  static func * (left: Self, right: Double) -> Self {
    GPUWork(
      seconds: left.seconds * right, kernels: left.kernels * right,
      operations: left.operations * right, bytes: left.bytes * right)
  }

  /// Wall time of a fused engine: max(busy time, launches · launch time).
  func time(_ constants: GPUConstants) -> Double {
    max(seconds, kernels * constants[.launchTime])
  }

  /// Joules at the wall: min(cap, context + e_c · operations/s + e_m · bytes/s) · time · wall factor.
  func energy(_ constants: GPUConstants) -> Double {
    let time = time(constants)
    let drawn =
      constants[.contextPower] * time + constants.operationEnergy * operations
      + constants[.memoryEnergy] * bytes
    return min(constants[.powerCap] * time, drawn) * constants[.wallFactor]
  }
}

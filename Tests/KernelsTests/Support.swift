import Artifacts
import Kernels

/// A float buffer between two guards of a pattern no kernel writes, 16 floats on each side.
final class Guarded {
  let count: Int
  private let memory: AlignedBuffer
  private static let margin = 16
  private static let pattern: UInt32 = 0x7F12_3456

  init(count: Int) {
    self.count = count
    memory = AlignedBuffer(count: count + 2 * Self.margin)
    for i in 0..<Self.margin {
      memory.pointer[i] = Float(bitPattern: Self.pattern)
      memory.pointer[Self.margin + count + i] = Float(bitPattern: Self.pattern)
    }
  }

  convenience init(_ values: [Double]) {
    self.init(count: values.count)
    for (i, value) in values.enumerated() { pointer[i] = Float(value) }
  }

  /// Standard normal numbers times `scale`.
  convenience init(
    random count: Int, _ generator: inout SeededGenerator, scale: Double = 1
  ) {
    self.init(count: count)
    for i in 0..<count { pointer[i] = Float(generator.normal() * scale) }
  }

  var pointer: Floats { memory.pointer + Self.margin }
  var constant: ConstFloats { ConstFloats(pointer) }
  var values: [Double] { (0..<count).map { Double(pointer[$0]) } }
  var bits: [UInt32] { (0..<count).map { pointer[$0].bitPattern } }

  /// True while nothing wrote outside the buffer.
  var intact: Bool {
    (0..<Self.margin).allSatisfy {
      memory.pointer[$0].bitPattern == Self.pattern
        && memory.pointer[Self.margin + count + $0].bitPattern == Self.pattern
    }
  }
}

/// The largest |a − b| / (1 + |b|), or infinity where a number is missing or not finite.
func deviation(_ a: [Double], from b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  var worst = 0.0
  for (x, y) in zip(a, b) {
    let error = abs(x - y) / (1 + abs(y))
    if !(error <= worst) { worst = error.isNaN ? .infinity : error }
  }
  return worst
}

/// A size that is often 1, a prime, or one off a multiple of the vector width.
func awkwardSize(_ generator: inout SeededGenerator, upTo limit: Int) -> Int {
  let favourites = [1, 2, 3, 7, 13, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 97, 127, 198]
  if generator.uniform() < 0.5 {
    let pick = favourites[generator.integer(below: favourites.count)]
    if pick <= limit { return pick }
  }
  return 1 + generator.integer(below: limit)
}

/// ∂f/∂x[i] by central differences, f evaluated in double precision.
func centralDifference(_ x: [Double], _ i: Int, _ f: ([Double]) -> Double) -> Double {
  let step = 1e-5
  var moved = x
  moved[i] = x[i] + step
  let above = f(moved)
  moved[i] = x[i] - step
  return (above - f(moved)) / (2 * step)
}

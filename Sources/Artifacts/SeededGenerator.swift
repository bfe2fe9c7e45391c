import Foundation

/// The project's only source of randomness: xoshiro256**, seeded through SplitMix64.
///
/// Passed in explicitly everywhere, so that one seed gives one result on every machine. Source:
/// Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  package init(seed: UInt64) {
    var mixer = seed
    func next() -> UInt64 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var z = mixer
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    state = (next(), next(), next(), next())
  }

  /// An independent stream for a named purpose, the same for the same seed and name.
  ///
  /// Streams keep results stable when one consumer starts to draw more numbers than before.
  package init(seed: UInt64, stream: String) {
    // FNV-1a, 64 bit: stable across processes, unlike Hasher.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    self.init(seed: seed ^ hash)
  }

  package mutating func next() -> UInt64 {
    func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotate(state.1 &* 5, 7) &* 9
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotate(state.3, 45)
    return result
  }

  /// A uniform number in [0, 1), with 53 random bits.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A uniform integer in 0 ..< bound, without modulo bias. `bound` must be positive.
  package mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "bound must be positive")
    let range = UInt64(bound)
    let limit = UInt64.max - UInt64.max % range
    while true {
      let draw = next()
      if draw < limit { return Int(draw % range) }
    }
  }

  /// A standard normal number, by the polar method of Marsaglia.
  package mutating func normal() -> Double {
    while true {
      let u = 2 * uniform() - 1
      let v = 2 * uniform() - 1
      let s = u * u + v * v
      if s > 0 && s < 1 { return u * (-2 * log(s) / s).squareRoot() }
    }
  }

  /// A random permutation of 0 ..< count (Fisher and Yates).
  package mutating func permutation(_ count: Int) -> [Int] {
    var items = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) { items.swapAt(i, integer(below: i + 1)) }
    return items
  }
}

package import Foundation
import Glibc

/// SHA-256 (FIPS 180-4), fed piece by piece.
package struct SHA256 {
  private var state: SIMD8<UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]
  /// Bytes that do not fill a block yet: fewer than 64.
  private var pending: [UInt8] = []
  private var count: UInt64 = 0

  package init() {}

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    count &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let missing = rest.prefix(64 - pending.count)
      pending.append(contentsOf: missing)
      rest = rest.dropFirst(missing.count)
      guard pending.count == 64 else { return }
      pending.withUnsafeBytes { compress($0) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count / 64 * 64
    compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
    pending.append(contentsOf: rest.dropFirst(whole))
  }

  package mutating func update(_ data: Data) { data.withUnsafeBytes { update($0) } }

  /// The digest as 64 lower-case hexadecimal digits. Call once, last.
  package mutating func finish() -> String {
    let bits = count &* 8
    var tail = pending + [0x80]
    tail.append(contentsOf: repeatElement(0, count: (120 - tail.count) % 64))
    for shift in stride(from: 56, through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
    }
    tail.withUnsafeBytes { compress($0) }
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for word in 0..<8 {
      for shift in stride(from: UInt32(28), through: 0, by: -4) {
        text.append(digits[Int(state[word] >> shift & 15)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Absorbs whole blocks of 64 bytes.
  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    guard let base = blocks.baseAddress else { return }
    state = roundConstants.withUnsafeBufferPointer { constants in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
        var state = state
        for offset in stride(from: 0, to: blocks.count, by: 64) {
          expand(base + offset, into: schedule, constants)
          state = rounds(state, schedule)
        }
        return state
      }
    }
  }
}

/// Words of the schedule with the round constants already added.
@inline(__always)
private func expand(
  _ block: UnsafeRawPointer, into schedule: UnsafeMutableBufferPointer<UInt32>,
  _ constants: UnsafeBufferPointer<UInt32>
) {
  for t in 0..<16 {
    schedule[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * t, as: UInt32.self))
  }
  for t in 16..<64 {
    let early = schedule[t &- 15]
    let late = schedule[t &- 2]
    let sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early &>> 3)
    let sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late &>> 10)
    schedule[t] = schedule[t &- 16] &+ sigma0 &+ schedule[t &- 7] &+ sigma1
  }
  for t in 0..<64 { schedule[t] = schedule[t] &+ constants[t] }
}

@inline(__always)
private func rounds(
  _ start: SIMD8<UInt32>, _ schedule: UnsafeMutableBufferPointer<UInt32>
) -> SIMD8<UInt32> {
  var a = start[0]
  var b = start[1]
  var c = start[2]
  var d = start[3]
  var e = start[4]
  var f = start[5]
  var g = start[6]
  var h = start[7]
  var t = 0
  // Eight rounds at a time: each names the registers one place on instead of moving them.
  while t < 64 {
    round(a, b, c, &d, e, f, g, &h, schedule[t])
    round(h, a, b, &c, d, e, f, &g, schedule[t &+ 1])
    round(g, h, a, &b, c, d, e, &f, schedule[t &+ 2])
    round(f, g, h, &a, b, c, d, &e, schedule[t &+ 3])
    round(e, f, g, &h, a, b, c, &d, schedule[t &+ 4])
    round(d, e, f, &g, h, a, b, &c, schedule[t &+ 5])
    round(c, d, e, &f, g, h, a, &b, schedule[t &+ 6])
    round(b, c, d, &e, f, g, h, &a, schedule[t &+ 7])
    t &+= 8
  }
  return start &+ SIMD8(a, b, c, d, e, f, g, h)
}

@inline(__always)
private func round(
  _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
  _ h: inout UInt32, _ word: UInt32
) {
  let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
  let choice = g ^ (e & (f ^ g))
  let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
  let majority = (a & b) | (c & (a | b))
  let temporary = h &+ sum1 &+ choice &+ word
  d = d &+ temporary
  h = temporary &+ sum0 &+ majority
}

@inline(__always)
private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
  (word &>> count) | (word &<< (32 &- count))
}

/// Fractional parts of the cube roots of the first 64 primes.
private let roundConstants: [UInt32] = [
  0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
  0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
  0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
  0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
  0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
  0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
  0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
  0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
  0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
  0xc671_78f2,
]

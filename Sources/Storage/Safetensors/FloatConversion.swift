/// Conversions between stored and computed floats; sources need no alignment.
enum FloatConversion {
  /// - Parameter type: F32, BF16, F16 or F64.
  static func read(
    _ type: TensorType, from source: UnsafeRawPointer, count: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    switch type {
    case .bf16: widenBF16(source, count: count, into: target)
    case .f16: widenF16(source, count: count, into: target)
    case .f64: narrowF64(source, count: count, into: target)
    default: UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: 4 * count)
    }
  }

  /// Whether no element is NaN or infinite.
  static func areFinite(_ values: UnsafePointer<Float>, count: Int) -> Bool {
    // Adding one to an exponent of all ones carries into the sign's place.
    var carries: UInt32 = 0
    for index in 0..<count {
      carries |= (values[index].bitPattern & 0x7FFF_FFFF) &+ 0x0080_0000
    }
    return carries < 0x8000_0000
  }

  /// - Parameters:
  ///   - source: `count` elements of 16 bits, the upper half of a float each.
  static func widenBF16(
    _ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count {
      let bits = source.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self)
      target[index] = Float(bitPattern: UInt32(bits) &<< 16)
    }
  }

  /// - Parameters:
  ///   - source: `count` elements of IEEE 754 binary16.
  static func widenF16(
    _ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count {
      let bits = source.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self)
      target[index] = float(fromF16: bits)
    }
  }

  static func narrowF64(
    _ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count {
      target[index] = Float(source.loadUnaligned(fromByteOffset: 8 &* index, as: Double.self))
    }
  }

  /// Exact, without branches and without float subnormals (which a thread may flush to zero).
  @inline(__always)
  static func float(fromF16 half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) &<< 16
    let magnitude = UInt32(half & 0x7FFF)
    let normal = (magnitude &<< 13) &+ (112 &<< 23)
    // Infinity and NaN: the exponent moves from 31 to 255 instead of to 143.
    let special = magnitude >= 0x7C00 ? UInt32(112) &<< 23 : 0
    let subnormal = (Float(Int32(truncatingIfNeeded: magnitude)) * 0x1p-24).bitPattern
    return Float(bitPattern: sign | (magnitude < 0x0400 ? subnormal : normal &+ special))
  }

  /// Rounds to nearest, ties to even; NaN stays NaN.
  @inline(__always)
  static func bf16(from value: Float) -> UInt16 {
    let bits = value.bitPattern
    let rounded = (bits &+ 0x7FFF &+ ((bits &>> 16) & 1)) &>> 16
    // Rounding could carry a NaN's payload into infinity; setting the quiet bit cannot.
    let quiet = (bits &>> 16) | 0x40
    return UInt16(truncatingIfNeeded: (bits & 0x7FFF_FFFF) > 0x7F80_0000 ? quiet : rounded)
  }

  /// Rounds to nearest, ties to even; NaN stays NaN.
  static func f16(from value: Float) -> UInt16 { Float16(value).bitPattern }
}

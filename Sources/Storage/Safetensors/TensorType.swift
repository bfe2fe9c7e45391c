/// Element types of the safetensors format that have whole-byte tensors.
package enum TensorType: String, Sendable, CaseIterable {
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case u16 = "U16"
  case i16 = "I16"
  case u32 = "U32"
  case i32 = "I32"
  case u64 = "U64"
  case i64 = "I64"
  case f16 = "F16"
  case bf16 = "BF16"
  case f32 = "F32"
  case f64 = "F64"
  /// Two floats: real and imaginary part.
  case c64 = "C64"
  case f4 = "F4"
  case f8e4m3 = "F8_E4M3"
  case f8e5m2 = "F8_E5M2"
  case f8e8m0 = "F8_E8M0"
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  case f8e5m2fnuz = "F8_E5M2FNUZ"

  /// Whether elements are read as floats.
  package var isFloat: Bool { [.f32, .bf16, .f16, .f64].contains(self) }

  /// The types that are read as floats, for errors.
  package static let floatNames = "F32, BF16, F16 or F64"

  /// Bits of one element.
  package var bitWidth: Int {
    switch self {
    case .f4: 4
    case .bool, .u8, .i8, .f8e4m3, .f8e5m2, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
    case .u16, .i16, .f16, .bf16: 16
    case .u32, .i32, .f32: 32
    case .u64, .i64, .f64, .c64: 64
    }
  }

  /// Bytes of a tensor of this type; nil if they overflow or end inside a byte.
  ///
  /// Overflow is judged as if no dimension were zero, so that the verdict does not depend on the
  /// order of the dimensions.
  func byteCount(of shape: [Int]) -> Int? {
    var bits = bitWidth
    for dimension in shape {
      let (product, overflow) = bits.multipliedReportingOverflow(by: max(dimension, 1))
      if overflow { return nil }
      bits = product
    }
    if shape.contains(0) { return 0 }
    return bits.isMultiple(of: 8) ? bits / 8 : nil
  }
}

/// Where and how one tensor lies in a safetensors file.
package struct TensorEntry: Sendable, Equatable {
  package let name: String
  package let dtype: TensorType
  /// Row-major; empty for a scalar.
  package let shape: [Int]
  /// Bytes of the file, from its first byte on.
  package let byteRange: Range<Int>

  package var elementCount: Int { shape.reduce(1, *) }

  /// One index per dimension of the element at a place of the row-major order.
  func place(of element: Int) -> [Int] {
    var rest = element
    let reversed = shape.reversed().map { size in
      defer { rest /= max(1, size) }
      return rest % max(1, size)
    }
    return reversed.reversed()
  }
}

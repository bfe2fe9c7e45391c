import CKernels

/// Number format of a product's operands. Sums, and everything between products, are f32.
package enum OperandFormat: Sendable, CaseIterable {
  case f32
  /// Operands are rounded to the nearest bf16, ties to even, on their way into the product.
  case bf16
}

/// Which code computes a product; the CPU decides, except where a test or a benchmark asks for one.
package enum GemmPath: Sendable, CaseIterable {
  /// Own kernels: f32 on AVX-512, f32 on AVX2 with FMA, bf16 on AVX512_BF16.
  case avx512, avx2, avx512BF16
  /// OpenBLAS on one thread: other CPUs.
  case openBLAS
  /// Operands rounded to bf16 and multiplied by the fastest f32 path: CPUs without bf16.
  case roundedBF16

  package var format: OperandFormat {
    switch self {
    case .avx512, .avx2, .openBLAS: .f32
    case .avx512BF16, .roundedBF16: .bf16
    }
  }

  /// Whether this CPU can run it.
  package var isSupported: Bool { kind.map { ck_gemm_supported($0) != 0 } ?? true }

  package static func fastest(_ format: OperandFormat) -> GemmPath {
    switch format {
    case .f32: fastestF32
    case .bf16: fastestBF16
    }
  }

  private static let fastestF32: GemmPath =
    avx512.isSupported ? .avx512 : avx2.isSupported ? .avx2 : .openBLAS
  private static let fastestBF16: GemmPath = avx512BF16.isSupported ? .avx512BF16 : .roundedBF16

  /// Nil where the product is not our own.
  var kind: ck_gemm_kind? {
    switch self {
    case .avx512: CK_GEMM_AVX512
    case .avx2: CK_GEMM_AVX2
    case .avx512BF16: CK_GEMM_BF16
    case .openBLAS, .roundedBF16: nil
    }
  }
}

/// y [rows, width] = x rounded to the nearest bf16, ties to even; subnormal numbers become zero.
package func roundToBF16(
  _ x: ConstFloats, stride: Int, into y: Floats, stride yStride: Int, rows: Int, width: Int
) {
  ck_round_to_bf16(x, stride, y, yStride, rows, width)
}

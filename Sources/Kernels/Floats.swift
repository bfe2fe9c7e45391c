/// Row-major 32-bit numbers that a kernel may write.
package typealias Floats = UnsafeMutablePointer<Float>

/// Row-major 32-bit numbers that a kernel only reads.
package typealias ConstFloats = UnsafePointer<Float>

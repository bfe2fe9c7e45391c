/// A safetensors file, checked when opened and read where it lies.
///
/// Format: https://huggingface.co/docs/safetensors.
package struct SafetensorsFile: Sendable {
  package let path: String
  /// In the order of the header.
  package let tensors: [TensorEntry]
  package let metadata: [String: String]
  private let file: MappedFile
  private let positions: [ExactText: Int]

  /// - Throws: `StorageError` for anything but a flawless file; see `SafetensorsHeader`.
  package init(path: String) throws(StorageError) {
    let file = try MappedFile(path: path)
    let header = try file.withUnsafeBytes { bytes in
      Result { () throws(StorageError) in try SafetensorsHeader.parse(bytes, path: path) }
    }.get()
    self.path = path
    self.file = file
    tensors = header.tensors
    metadata = header.metadata
    var positions: [ExactText: Int] = [:]
    positions.reserveCapacity(tensors.count)
    for (position, tensor) in tensors.enumerated() { positions[ExactText(tensor.name)] = position }
    self.positions = positions
  }

  package var names: [String] { tensors.map(\.name) }

  package func contains(_ name: String) -> Bool { positions[ExactText(name)] != nil }

  package func tensor(_ name: String) throws(StorageError) -> TensorEntry {
    guard let position = positions[ExactText(name)] else {
      throw .missingTensor(path: path, name: name)
    }
    return tensors[position]
  }

  /// The bytes of a tensor as they are stored: little-endian, row-major, at any alignment.
  package func withUnsafeBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try file.withUnsafeBytes(in: tensor(name).byteRange, body)
  }
}

// MARK: - Elements

extension SafetensorsFile {
  /// Writes the elements of an F32, BF16, F16 or F64 tensor as floats.
  ///
  /// - Parameters:
  ///   - shape: what the tensor must have; nil accepts any.
  ///   - target: room for `elementCount` floats.
  ///   - finite: whether NaN and infinity are refused, by the place of the first.
  package func readFloats(
    _ name: String, shape: [Int]? = nil, into target: UnsafeMutablePointer<Float>,
    finite: Bool = false
  ) throws(StorageError) {
    let entry = try tensor(name)
    try check(entry, shape)
    let count = entry.elementCount
    // Validated when opened: the range lies inside the file.
    guard entry.dtype.isFloat else { throw unsupported(entry, TensorType.floatNames) }
    let fault = file.withUnsafeBytes { bytes -> Int? in
      guard count > 0, let start = bytes.baseAddress else { return nil }
      let source = start + entry.byteRange.lowerBound
      let size = entry.dtype.bitWidth / 8
      // A piece is looked at while it lies in the cache.
      for first in stride(from: 0, to: count, by: Self.piece) {
        let length = min(Self.piece, count - first)
        FloatConversion.read(
          entry.dtype, from: source + first * size, count: length, into: target + first)
        guard finite, !FloatConversion.areFinite(target + first, count: length) else { continue }
        return (first..<(first + length)).first { !target[$0].isFinite }
      }
      return nil
    }
    guard let fault else { return }
    throw .notFinite(
      path: path, tensor: name, place: entry.place(of: fault),
      value: target[fault].isNaN ? "NaN" : "\(target[fault] < 0 ? "minus " : "")infinity")
  }

  /// Elements that are converted at a time.
  private static let piece = 1 << 14

  /// The elements of an F32, BF16, F16 or F64 tensor as floats.
  package func floats(_ name: String, shape: [Int]? = nil) throws(StorageError) -> [Float] {
    let entry = try tensor(name)
    try check(entry, shape)
    var failure: StorageError?
    let floats = [Float](unsafeUninitializedCapacity: entry.elementCount) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      do throws(StorageError) {
        try readFloats(name, into: base)
        count = entry.elementCount
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return floats
  }

  /// The elements of an integer or BOOL tensor (U64 excepted).
  package func readIntegers(
    _ name: String, shape: [Int]? = nil
  ) throws(StorageError) -> [Int] {
    let entry = try tensor(name)
    try check(entry, shape)
    let integers: [Int]? = file.withUnsafeBytes { bytes in
      func load<Element: FixedWidthInteger>(_ type: Element.Type) -> [Int] {
        (0..<entry.elementCount).map { index in
          Int(
            bytes.loadUnaligned(
              fromByteOffset: entry.byteRange.lowerBound + index * MemoryLayout<Element>.size,
              as: type))
        }
      }
      return switch entry.dtype {
      case .i64: load(Int64.self)
      case .i32: load(Int32.self)
      case .u32: load(UInt32.self)
      case .i16: load(Int16.self)
      case .u16: load(UInt16.self)
      case .i8: load(Int8.self)
      case .u8, .bool: load(UInt8.self)
      default: nil
      }
    }
    guard let integers else { throw unsupported(entry, "an integer type") }
    return integers
  }

  private func check(_ entry: TensorEntry, _ shape: [Int]?) throws(StorageError) {
    guard let shape, shape != entry.shape else { return }
    throw .malformed(
      path: path, field: entry.name, reason: "shape \(entry.shape), where \(shape) is expected")
  }

  private func unsupported(_ entry: TensorEntry, _ expected: String) -> StorageError {
    .malformed(
      path: path, field: entry.name,
      reason: "dtype \(entry.dtype.rawValue), where \(expected) is expected")
  }
}

/// Writes safetensors files that `SafetensorsFile` and the Python library accept.
package enum SafetensorsWriter {
  /// One tensor to write.
  package struct Entry {
    package let name: String
    /// F32, BF16 or F16.
    package let dtype: TensorType
    package let shape: [Int]
    fileprivate let values: Values

    /// - Parameter pointer: the elements, row-major; valid until the file is written.
    package init(
      name: String, dtype: TensorType = .f32, shape: [Int], pointer: UnsafePointer<Float>
    ) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      values = .pointer(pointer)
    }

    /// - Parameter floats: gives the elements, row-major, when their turn comes.
    package init(
      name: String, dtype: TensorType = .f32, shape: [Int],
      floats: @escaping () throws -> [Float]
    ) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      values = .closure(floats)
    }
  }

  fileprivate enum Values {
    case pointer(UnsafePointer<Float>)
    case closure(() throws -> [Float])
  }

  /// Replaces the file at the path as a whole; tensors lie in the order given.
  ///
  /// - Throws: `StorageError.malformed` for a name that is empty, doubled or reserved, a shape or
  ///   dtype that cannot be written, or a closure that gives another number of floats.
  package static func write(
    _ entries: [Entry], metadata: KeyValuePairs<String, String> = ["format": "pt"],
    to path: String
  ) throws {
    let header = try header(of: entries, metadata: metadata, path: path)
    try AtomicFile.write(to: path) { sink in
      var length = UInt64(header.count).littleEndian
      try withUnsafeBytes(of: &length) { try sink.write($0) }
      try sink.write(header)
      for entry in entries { try write(entry, to: sink, path: path) }
    }
  }

  /// The header's JSON, padded so that the data starts at a multiple of 8.
  private static func header(
    of entries: [Entry], metadata: KeyValuePairs<String, String>, path: String
  ) throws -> [UInt8] {
    var members: [JSONObject.Member] = []
    if !metadata.isEmpty {
      guard let texts = JSONObject(metadata.map { ($0.key, .string($0.value)) }) else {
        throw StorageError.malformed(
          path: path, field: "__metadata__", reason: "the same key is there twice")
      }
      members.append(("__metadata__", .object(texts)))
    }
    var offset = 0
    for entry in entries {
      func refuse(_ reason: String) -> StorageError {
        .malformed(path: path, field: entry.name, reason: reason)
      }
      guard !entry.name.isEmpty, !entry.name.utf8.contains(0), entry.name != "__metadata__" else {
        throw refuse("not a name for a tensor")
      }
      guard [.f32, .bf16, .f16].contains(entry.dtype) else {
        throw refuse("dtype \(entry.dtype.rawValue) cannot be written, only F32, BF16 and F16")
      }
      guard entry.shape.allSatisfy({ $0 >= 0 }), let size = entry.dtype.byteCount(of: entry.shape)
      else { throw refuse("shape \(entry.shape) cannot be written") }
      members.append(
        (
          entry.name,
          .object([
            "dtype": .string(entry.dtype.rawValue),
            "shape": .array(entry.shape.map { .integer($0) }),
            "data_offsets": .array([.integer(offset), .integer(offset + size)]),
          ])
        ))
      offset += size
    }
    guard let object = JSONObject(members) else {
      throw StorageError.malformed(
        path: path, field: "tensors", reason: "two tensors have the same name")
    }
    var bytes = [UInt8](try JSONValue.object(object).serialized(path: path))
    while (8 + bytes.count) % 8 != 0 { bytes.append(0x20) }
    return bytes
  }

  private static func write(_ entry: Entry, to sink: FileSink, path: String) throws {
    let count = entry.shape.reduce(1, *)
    switch entry.values {
    case .pointer(let pointer):
      try write(UnsafeBufferPointer(start: pointer, count: count), as: entry.dtype, to: sink)
    case .closure(let floats):
      let values = try floats()
      guard values.count == count else {
        throw StorageError.malformed(
          path: path, field: entry.name,
          reason: "\(values.count) values given for shape \(entry.shape)")
      }
      try values.withUnsafeBufferPointer { try write($0, as: entry.dtype, to: sink) }
    }
  }

  private static func write(
    _ values: UnsafeBufferPointer<Float>, as dtype: TensorType, to sink: FileSink
  ) throws {
    if dtype == .f32 { return try sink.write(UnsafeRawBufferPointer(values)) }
    let piece = 1 << 16
    for start in stride(from: 0, to: values.count, by: piece) {
      let floats = values[start..<min(start + piece, values.count)]
      let halves = floats.map {
        dtype == .bf16 ? FloatConversion.bf16(from: $0) : FloatConversion.f16(from: $0)
      }
      try halves.withUnsafeBytes { try sink.write($0) }
    }
  }
}

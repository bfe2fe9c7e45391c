import Foundation
import Storage

/// An attribute of an operator.
enum ONNXAttribute {
  case integer(Int)
  case integers([Int])
  case float(Float)
  case string(String)

  func message(_ name: String) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.string(1, name)
    switch self {
    case .float(let value):
      message.float(2, value)
      message.integer(20, 1)
    case .integer(let value):
      message.integer(3, value)
      message.integer(20, 2)
    case .string(let value):
      message.string(4, value)
      message.integer(20, 3)
    case .integers(let values):
      for value in values { message.integer(8, value) }
      message.integer(20, 7)
    }
    return message
  }
}

/// Numeric types of tensors.
enum ONNXType: Int {
  case float = 1
  case int64 = 7
}

/// A dimension of an input or output: known, or named.
enum ONNXDimension {
  case fixed(Int)
  case named(String)
}

/// A graph of operators under construction; weights lie in a second file.
///
/// Source: onnx.proto of ONNX 1.15 (operator set 20, IR version 9).
struct ONNXGraph {
  private var nodes: [ProtobufMessage] = []
  private var initializers: [ProtobufMessage] = []
  private var inputs: [ProtobufMessage] = []
  private var outputs: [ProtobufMessage] = []
  private var count = 0
  private var constants: [String: String] = [:]
  private var weights: [() -> [Float]] = []
  private var offset = 0
  private let dataFile: String

  /// - Parameter dataFile: name of the file of weights, in the model's folder.
  init(dataFile: String) { self.dataFile = dataFile }

  private mutating func fresh() -> String {
    count += 1
    return "t\(count)"
  }

  /// Applies an operator and returns its output's name.
  mutating func node(
    _ type: String, _ inputs: [String], output: String? = nil,
    _ attributes: KeyValuePairs<String, ONNXAttribute> = [:]
  ) -> String {
    let result = output ?? fresh()
    var message = ProtobufMessage()
    for input in inputs { message.string(1, input) }
    message.string(2, result)
    message.string(3, "n_" + result)
    message.string(4, type)
    for (name, value) in attributes { message.message(5, value.message(name)) }
    nodes.append(message)
    return result
  }

  private static func tensor(_ name: String, _ type: ONNXType, _ shape: [Int]) -> ProtobufMessage {
    var message = ProtobufMessage()
    for size in shape { message.integer(1, size) }
    message.integer(2, type.rawValue)
    message.string(8, name)
    return message
  }

  /// A list of integers, [count].
  mutating func integers(_ values: [Int]) -> String {
    constant("i\(values)", .int64, [values.count]) { bytes in
      for value in values {
        withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
  }

  /// A single integer without dimensions.
  mutating func integer(_ value: Int) -> String {
    constant("s\(value)", .int64, []) { bytes in
      withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) }
    }
  }

  /// A single number without dimensions.
  mutating func float(_ value: Float) -> String {
    constant("f\(value.bitPattern)", .float, []) { bytes in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
  }

  private mutating func constant(
    _ key: String, _ type: ONNXType, _ shape: [Int], _ fill: (inout [UInt8]) -> Void
  ) -> String {
    if let known = constants[key] { return known }
    let name = fresh()
    var bytes: [UInt8] = []
    fill(&bytes)
    var message = Self.tensor(name, type, shape)
    message.raw(9, bytes)
    initializers.append(message)
    constants[key] = name
    return name
  }

  /// Elements of the file of weights start on pages, so that it can be mapped.
  private static let alignment = 4_096

  /// A tensor of weights; `values` is called when the file of weights is written.
  mutating func weight(_ name: String, _ shape: [Int], _ values: @escaping () -> [Float]) -> String
  {
    let start = (offset + Self.alignment - 1) / Self.alignment * Self.alignment
    let length = 4 * shape.reduce(1, *)
    var message = Self.tensor(name, .float, shape)
    for (key, value) in [
      ("location", dataFile), ("offset", "\(start)"), ("length", "\(length)"),
    ] {
      var entry = ProtobufMessage()
      entry.string(1, key)
      entry.string(2, value)
      message.message(13, entry)
    }
    message.integer(14, 1)
    initializers.append(message)
    weights.append(values)
    offset = start + length
    return name
  }

  private static func value(_ name: String, _ type: ONNXType, _ shape: [ONNXDimension])
    -> ProtobufMessage
  {
    var dimensions = ProtobufMessage()
    for dimension in shape {
      var message = ProtobufMessage()
      switch dimension {
      case .fixed(let size): message.integer(1, size)
      case .named(let name): message.string(2, name)
      }
      dimensions.message(1, message)
    }
    var tensor = ProtobufMessage()
    tensor.integer(1, type.rawValue)
    tensor.message(2, dimensions)
    var kind = ProtobufMessage()
    kind.message(1, tensor)
    var result = ProtobufMessage()
    result.string(1, name)
    result.message(2, kind)
    return result
  }

  mutating func input(_ name: String, _ type: ONNXType, _ shape: [ONNXDimension]) {
    inputs.append(Self.value(name, type, shape))
  }

  mutating func output(_ name: String, _ type: ONNXType, _ shape: [ONNXDimension]) {
    outputs.append(Self.value(name, type, shape))
  }

  /// Writes the weights, then the model that names them.
  func write(to path: String) throws {
    let folder = (path as NSString).deletingLastPathComponent
    let data = (folder as NSString).appendingPathComponent(dataFile)
    try AtomicFile.write(to: data) { sink in
      for values in weights {
        let padding = (Self.alignment - sink.count % Self.alignment) % Self.alignment
        try sink.write([UInt8](repeating: 0, count: padding))
        try values().withUnsafeBytes { try sink.write($0) }
      }
    }
    var graph = ProtobufMessage()
    for node in nodes { graph.message(1, node) }
    graph.string(2, "model")
    for initializer in initializers { graph.message(5, initializer) }
    for input in inputs { graph.message(11, input) }
    for output in outputs { graph.message(12, output) }
    var operators = ProtobufMessage()
    operators.string(1, "")
    operators.integer(2, 20)
    var model = ProtobufMessage()
    model.integer(1, 9)
    model.string(2, "planner")
    model.message(7, graph)
    model.message(8, operators)
    try AtomicFile.write(Data(model.bytes), to: path)
  }
}

package import Artifacts
import Storage

/// What one family of language models adds to the one representation: the names of its tensors and
/// the meaning of its configuration.
protocol LanguageModelFamily {
  /// Name of the stock class.
  static var architecture: String { get }
  /// Opens every name but the head's; checkpoints of the base class leave it out.
  static var basePrefix: String { get }
  /// Names under `prefix`, which is "" or "language_model.".
  static func names(prefix: String) -> LanguageModelNames
  /// Reads the family's configuration. Refuses what this engine does not compute.
  static func shape(from config: JSONDocument) throws(StorageError) -> LanguageModelShape
  /// The members of a configuration that follow from a uniform shape.
  static func configuration(_ shape: LanguageModelShape) -> [(String, JSONValue)]
  /// Members that a configuration needs besides, for a model that was born here.
  static func newConfiguration(_ shape: LanguageModelShape) -> [(String, JSONValue)]
  /// Why the stock class cannot hold a uniform shape; nil where it can.
  static func obstacle(_ shape: LanguageModelShape, _ uniform: UniformShape) -> String?
}

extension LanguageFamily {
  /// The one place where families are listed.
  var implementation: any LanguageModelFamily.Type {
    switch self {
    case .opt: OPTFamily.self
    case .gpt2: GPT2Family.self
    case .llama: LlamaFamily.self
    case .mistral: MistralFamily.self
    case .qwen2: Qwen2Family.self
    case .qwen3: Qwen3Family.self
    }
  }

  /// The family that a configuration names.
  init(from config: JSONDocument) throws(StorageError) {
    let type = try config.string("model_type")
    guard let family = LanguageFamily(rawValue: type) else {
      let known = LanguageFamily.allCases.map(\.rawValue).joined(separator: ", ")
      throw try config.required("model_type").malformed(
        "\"\(type)\" is not supported (known language models: \(known))")
    }
    self = family
  }
}

extension LanguageModelShape {
  /// Why transformers' stock class of the family cannot hold this shape; nil where it can.
  package var stockClassObstacle: String? {
    guard let uniform else { return "its blocks differ in shape" }
    return family.implementation.obstacle(self, uniform)
  }
}

extension Activation {
  /// The function that a configuration names, by transformers' names.
  init(_ config: JSONDocument, _ name: String, default fallback: String) throws(StorageError) {
    switch try config.string(name, default: fallback) {
    case "relu": self = .relu
    case "gelu", "gelu_python": self = .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_python_tanh": self = .geluTanh
    case "silu", "swish": self = .silu
    default:
      throw try config.required(name).malformed(
        "not supported here (known: relu, gelu, gelu_new, gelu_pytorch_tanh, silu)")
    }
  }
}

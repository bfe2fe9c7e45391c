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
  /// Sizes that a configuration may leave out.
  static var classDefaults: [String: Int] { get }
  /// Second names of members of a configuration, by their first.
  static var aliases: [String: String] { get }
  /// Reads the family's configuration, completed by the class's defaults. Refuses what this engine does not compute.
  static func shape(from config: JSONDocument) throws(StorageError) -> LanguageModelShape
  /// The members of a configuration that follow from a uniform shape.
  static func configuration(_ shape: LanguageModelShape) -> [(String, JSONValue)]
  /// Members that a configuration needs besides, for a model that was born here.
  static func newConfiguration(_ shape: LanguageModelShape) -> [(String, JSONValue)]
  /// Whether the stock class takes a window of attention for some of the blocks.
  static var variesWindows: Bool { get }
  /// Why the stock class cannot hold a uniform shape; nil where it can.
  static func obstacle(_ shape: LanguageModelShape, _ uniform: UniformShape) -> String?
}

extension LanguageModelFamily {
  static var aliases: [String: String] { [:] }
  static var variesWindows: Bool { false }
}

extension LanguageFamily {
  /// The shape that the family's configuration describes.
  func shape(from config: JSONDocument) throws(StorageError) -> LanguageModelShape {
    let family = implementation
    return try family.shape(
      from: try config.completed(by: family.classDefaults, aliases: family.aliases))
  }

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
  ///
  /// - Parameter fallback: the type of a configuration that does not say.
  init(from config: JSONDocument, default fallback: String? = nil) throws(StorageError) {
    let type: String
    if let fallback {
      type = try config.string("model_type", default: fallback)
    } else {
      type = try config.string("model_type")
    }
    guard let family = LanguageFamily(rawValue: type) else {
      let known = LanguageFamily.allCases.map(\.rawValue).joined(separator: ", ")
      throw try config.at("model_type").unsupported(
        "models of the type \"\(type)\" are not computed",
        supported: fallback == nil ? "\(known), and blip-2 with one of them as text_config" : known)
    }
    self = family
  }
}

extension LanguageModelShape {
  /// Why transformers' stock class of the family cannot hold this shape; nil where it can.
  package var stockClassObstacle: String? {
    var shape = self
    if family.implementation.variesWindows {
      for index in shape.blocks.indices { shape.blocks[index].attention.window = nil }
    }
    guard let uniform = shape.uniform else { return "its blocks differ in shape" }
    return family.implementation.obstacle(self, uniform)
  }
}

extension Activation {
  /// The function that a configuration names, by transformers' names.
  init(_ config: JSONDocument, _ name: String, default fallback: String) throws(StorageError) {
    let function = try config.string(name, default: fallback)
    switch function {
    case "relu": self = .relu
    case "gelu", "gelu_python": self = .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_python_tanh": self = .geluTanh
    case "silu", "swish": self = .silu
    default:
      throw try config.at(name).unsupported(
        "the activation \"\(function)\" is not computed",
        supported: "relu, gelu, gelu_new, gelu_pytorch_tanh, silu")
    }
  }
}

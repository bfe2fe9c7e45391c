import Artifacts
import Datasets
import EmbeddedModel
import Foundation
import Metering
import Storage
import Training
import Transformers

/// What a run works on.
///
/// Whatever can be refused is refused before a weight is read: configuration, tokenizer, preprocessor,
/// data, positions and memory.
struct RunInputs {
  static let embeddedName = "embedded"

  let model: LoadedModel
  let processor: InputProcessor
  let data: Dataset
  let workload: Workload
  /// SHA-256 of the files beside the weights.
  let companions: String

  /// - Parameters:
  ///   - model: a Hugging Face folder; nil or "embedded" for the shipped teacher.
  ///   - data: a folder of JSONL and images; nil or "embedded" for the procedural advertisements.
  ///   - workload: the request to use; the default one where nil.
  ///   - stage: what the memory is needed for.
  init(
    model: String?, data: String?, workload: Workload? = nil, prompt: PromptFormat,
    stage: KeyPath<MemoryNeed, Double>
  ) throws {
    let name = model ?? Self.embeddedName
    let folder = Self.folder(of: name)
    let shape = try Checkpoint.describe(folder: folder).shape
    processor = try Self.processor(folder: folder, shape: shape, prompt: prompt)
    self.workload = try workload ?? Self.defaultWorkload()
    self.data = try Self.data(data)
    try checkFit(self.data, processor: processor, model: shape)
    let need = MemoryNeed(
      shape, load: .init(self.data, processor: processor, shape: shape),
      threads: self.workload.threads)
    try Self.requireMemory(need[keyPath: stage], model: name)
    companions = try Checkpoint.companionsHash(folder: folder)
    self.model = try Checkpoint.load(folder: folder, name: name)
  }

  static func folder(of name: String) -> String {
    name == embeddedName ? EmbeddedModel.folder : name
  }

  /// Tokenizer and image processor of a checkpoint, known to fit its model.
  static func processor(
    folder: String, shape: ModelShape, prompt: PromptFormat
  ) throws -> InputProcessor {
    let tokenizer = try BytePairTokenizer(folder: folder)
    guard tokenizer.vocabularySize <= shape.languageModel.vocabularySize else {
      throw CommandFailure(
        "the tokenizer of \(folder) has \(tokenizer.vocabularySize) tokens but the model embeds only "
          + "\(shape.languageModel.vocabularySize)")
    }
    let images = try shape.vision.map {
      try ImagePreprocessing(folder: folder, imageSize: $0.imageSize)
    }
    return InputProcessor(tokenizer, prompt: prompt, images: images ?? .standard)
  }

  static func data(_ name: String?) throws -> Dataset {
    let name = name ?? embeddedName
    return name == embeddedName ? EmbeddedData.dataset() : try loadDataset(folder: name)
  }

  static func gibibytes(_ bytes: Double) -> String {
    FigureText.significant(bytes / 1_073_741_824) + " GiB"
  }

  private static func requireMemory(_ bytes: Double, model: String) throws {
    guard let available = AvailableMemory.current(),
      bytes * MemoryNeed.surePart > Double(available.bytes)
    else { return }
    throw CommandFailure(
      "\(model): needs about \(gibibytes(bytes)) of memory, \(gibibytes(Double(available.bytes))) are "
        + "available (\(available.limit)); take fewer threads in the workload, a smaller model, "
        + "or a machine with more memory")
  }

  static func defaultWorkload() throws -> Workload {
    let path = EmbeddedModel.folder + "/workload.json"
    return try Self.workload(at: path)
  }

  static func workload(at path: String) throws -> Workload {
    try Workload(document: JSONDocument(file: path))
  }
}

extension Workload {
  /// Throws where a count is missing or out of range.
  init(document: JSONDocument) throws {
    self.init(
      name: try document.string("name"), creatives: try document.int("creatives"),
      questionsPerCreative: try document.int("questionsPerCreative"),
      promptTokens: try document.int("promptTokens"), newTokens: try document.int("newTokens"),
      threads: try document.int("threads"))
    do {
      try check(FieldCheck())
    } catch {
      throw try document.required(error.path).malformed(error.reason)
    }
  }
}

import Artifacts
import Datasets
import EmbeddedModel
import Foundation
import Storage
import Training
import Transformers

/// What a run works on: the embedded model and data, or the user's.
struct RunInputs {
  static let embeddedName = "embedded"

  let model: LoadedModel
  let tokenizer: BytePairTokenizer
  let data: Dataset
  let workload: Workload

  /// - Parameters:
  ///   - model: a Hugging Face folder; nil or "embedded" for the shipped teacher.
  ///   - data: a folder of JSONL and images; nil or "embedded" for the procedural advertisements.
  ///   - workload: the request to use; the default one where nil.
  init(model: String?, data: String?, workload: Workload? = nil) throws {
    let name = model ?? Self.embeddedName
    let folder = name == Self.embeddedName ? EmbeddedModel.folder : name
    self.model = try Checkpoint.load(folder: folder, name: name)
    tokenizer = try BytePairTokenizer(folder: folder)
    guard
      tokenizer.vocabularySize
        <= self.model.parameters.layout.languageModel.shape.vocabularySize
    else {
      throw CommandFailure(
        "the tokenizer of \(folder) has \(tokenizer.vocabularySize) tokens but the model embeds only "
          + "\(self.model.parameters.layout.languageModel.shape.vocabularySize)")
    }
    let dataName = data ?? Self.embeddedName
    self.data =
      dataName == Self.embeddedName ? EmbeddedData.dataset() : try loadDataset(folder: dataName)
    try checkFit(self.data, tokenizer: tokenizer, model: self.model.parameters.layout.shape)
    self.workload = try workload ?? Self.defaultWorkload()
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

package import Artifacts
import Foundation
import Kernels
import Storage
package import Transformers

/// How far this engine's logits are from those of another on the same inputs.
package struct GoldenComparison: Codable, Sendable {
  package struct Item: Codable, Sendable {
    package var name: String
    package var maximumDifference: Double
    package var tolerance: Double
    package var passes: Bool { maximumDifference <= tolerance }
  }

  package var model: ContentReference
  package var items: [Item]
  package var passes: Bool { items.allSatisfy(\.passes) }
}

/// Compares a model with a golden file: `input_ids` [B, T], `logits` [B, T, V], and `pixel_values`
/// [B, C, S, S] where the model has an image encoder, whose image tokens open every sequence.
///
/// - Throws: `StorageError` where the file lacks a tensor, or shapes do not fit the model.
package func compare(_ model: LoadedModel, withGolden path: String, tolerance: Double) throws
  -> GoldenComparison
{
  let file = try SafetensorsFile(path: path)
  let parameters = model.parameters
  let layout = parameters.layout
  let vocabulary = layout.languageModel.shape.vocabularySize
  func malformed(_ field: String, _ reason: String) -> StorageError {
    .malformed(path: path, field: field, reason: reason)
  }
  let shape = try file.tensor("input_ids").shape
  guard shape.count == 2, shape[0] > 0, shape[1] > 0, shape[0] * shape[1] <= 1 << 20 else {
    throw malformed("input_ids", "must be [batch, tokens]")
  }
  guard shape[1] <= layout.languageModel.shape.maximumPositions else {
    throw malformed("input_ids", "longer than the model's positions")
  }
  let ids = try file.readIntegers("input_ids")
  let imageToken = try imageTokenIndex(model)
  let arena = Arena()
  var features: Floats?
  if let vision = layout.vision, let queryFormer = layout.queryFormer {
    let size = vision.shape.imageSize
    let pixels = try file.floats(
      "pixel_values", shape: [shape[0], vision.shape.channels, size, size])
    let rows = shape[0] * queryFormer.shape.queryCount
    let result = arena.floats(rows * layout.languageModel.shape.hiddenSize)
    pixels.withUnsafeBufferPointer {
      guard let base = $0.baseAddress else { return }
      let encoded = VisionPass(
        vision, parameters: parameters, arena: arena, pixels: base, images: shape[0],
        keepsActivations: false)
      let queries = QueryFormerPass(
        queryFormer, parameters: parameters, arena: arena, imageTokens: encoded.output,
        tokensPerImage: vision.shape.tokenCount, images: shape[0], keepsActivations: false)
      projectQueries(queries.output, rows: rows, parameters: parameters, into: result)
    }
    features = result
  }
  var batch = LanguageBatch()
  var image: Int32 = 0
  for row in 0..<shape[0] {
    let sequence = try ids[(row * shape[1])..<((row + 1) * shape[1])].map { id -> Int32 in
      if id == imageToken {
        image += 1
        return -image
      }
      guard id >= 0 && id < vocabulary else { throw malformed("input_ids", "\(id) is no token") }
      return Int32(id)
    }
    batch.append(sequence: sequence, targets: sequence.map { _ in -1 })
  }
  guard Int(image) == shape[0] * (layout.queryFormer?.shape.queryCount ?? 0) else {
    throw malformed("input_ids", "another number of image tokens than the model has queries")
  }
  let pass = LanguageModelPass(
    parameters: parameters, arena: arena, batch: batch,
    features: features.map { UnsafePointer($0) },
    keepsActivations: false)
  let expected = try file.floats("logits", shape: shape + [vocabulary])
  let worst = expected.indices.reduce(0.0) {
    let difference = Double(abs(pass.logits[$1] - expected[$1]))
    return difference.isNaN ? .infinity : max($0, difference)
  }
  return GoldenComparison(
    model: model.content,
    items: [.init(name: "logits", maximumDifference: worst, tolerance: tolerance)])
}

private func imageTokenIndex(_ model: LoadedModel) throws -> Int? {
  let path = (model.folder as NSString).appendingPathComponent("config.json")
  return try JSONDocument(path: path, value: model.configuration).optionalInt("image_token_index")
}

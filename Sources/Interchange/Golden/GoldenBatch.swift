import Artifacts
import Storage
import Transformers

/// The inputs of a golden file as this engine takes them: masked places are left out.
struct GoldenBatch {
  /// [sequences, places]
  let sequences: Int
  let places: Int
  var batch = LanguageBatch()
  /// Place in the flattened [sequences · places] of each row of the batch.
  private(set) var kept: [Int] = []
  /// Whether every label follows a place that is kept.
  private(set) var labelsAreReachable = true
  private(set) var imageTokens = 0

  /// - Parameter prefix: "" or "padded.".
  init(_ comparer: GoldenComparer, prefix: String) throws {
    let file = comparer.file
    let shape = try file.tensor(prefix + "input_ids").shape
    guard shape.count == 2, shape[0] > 0, shape[1] > 0, shape[0] <= 1 << 20, shape[1] <= 1 << 20,
      shape[0] * shape[1] <= 1 << 20
    else { throw comparer.malformed(prefix + "input_ids", "must be [sequences, tokens]") }
    sequences = shape[0]
    places = shape[1]
    let language = comparer.layout.languageModel.shape
    guard places <= language.maximumPositions else {
      throw comparer.malformed(
        prefix + "input_ids",
        "\(places) tokens, where the model has \(language.maximumPositions) positions")
    }
    let ids = try file.readIntegers(prefix + "input_ids")
    let mask =
      file.contains(prefix + "attention_mask")
      ? try file.readIntegers(prefix + "attention_mask", shape: shape) : ids.map { _ in 1 }
    let labels =
      file.contains(prefix + "labels")
      ? try file.readIntegers(prefix + "labels", shape: shape) : ids.map { _ in -100 }
    let imageToken = try comparer.imageToken()
    // Learned positions count the places of a sequence, except in OPT, which counts those that are
    // not masked. Rotary positions matter by their differences alone.
    let countsPlaces = language.family == .gpt2
    for sequence in 0..<sequences {
      let start = batch.rows
      for place in 0..<places {
        let index = sequence * places + place
        let label = place + 1 < places ? labels[index + 1] : -1
        guard mask[index] != 0 else {
          if label >= 0 { labelsAreReachable = false }
          continue
        }
        let id = ids[index]
        if id == imageToken {
          imageTokens += 1
          batch.tokens.append(Int32(-imageTokens))
        } else {
          guard id >= 0 && id < language.vocabularySize else {
            throw comparer.malformed(prefix + "input_ids", "\(id) is not a token of the model")
          }
          batch.tokens.append(Int32(id))
        }
        guard label < language.vocabularySize else {
          throw comparer.malformed(prefix + "labels", "\(label) is not a token of the model")
        }
        batch.positions.append(Int32(countsPlaces ? place : kept.count - start))
        batch.outputRows.append(Int32(kept.count))
        batch.targets.append(label < 0 ? -1 : Int32(label))
        kept.append(index)
      }
      if batch.rows > start {
        batch.segments.append(Segment(start: start, count: batch.rows - start))
      }
    }
    guard batch.rows > 0 else {
      throw comparer.malformed(prefix + "attention_mask", "masks every place")
    }
  }

  /// The same rows with logits at those alone that have a target, as losses are computed.
  var withTargetsOnly: LanguageBatch {
    var result = batch
    let rows = batch.targets.indices.filter { batch.targets[$0] >= 0 }
    result.outputRows = rows.map { batch.outputRows[$0] }
    result.targets = rows.map { batch.targets[$0] }
    return result
  }

  /// Of the targets, the places whose logits predict them.
  var targetPlaces: [Int] {
    batch.targets.indices.filter { batch.targets[$0] >= 0 }.map { kept[$0] }
  }
}

extension GoldenComparer {
  /// The token that stands for a row of the image; nil in a text-only model.
  func imageToken() throws -> Int? {
    guard layout.vision != nil else { return nil }
    return try JSONDocument(path: model.folder + "/config.json", value: model.configuration)
      .int("image_token_index")
  }
}

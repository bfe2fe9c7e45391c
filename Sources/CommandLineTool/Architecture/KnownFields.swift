import Storage

extension JSONDocument {
  /// Throws where this object has a member that nobody reads, most often one whose name is mistyped: its
  /// default would be taken without a word.
  func reads(_ names: [String]) throws {
    for member in try members where !names.contains(member.key) {
      let remedy =
        likelyMeaning(of: member.key, among: names).map { "did you mean \"\($0)\"?" }
        ?? "known are \(names.joined(separator: ", "))"
      throw member.value.malformed("no such field is read here; \(remedy)")
    }
  }
}

extension Architecture {
  /// Fields of the parts of an architecture file.
  enum Fields {
    static let document = [
      "formatVersion", "name", "description", "assumptions", "precision", "engine", "workload",
      "vision", "queryFormer", "languageModel", "published",
    ]
    private static let layers = ["blocks", "hiddenSize", "feedForwardWidth", "heads", "headSize"]
    static let languageModel =
      layers + [
        "keyValueHeads", "gated", "norm", "bias", "rotary", "tiedHead", "vocabularySize",
        "maximumPositions",
      ]
    static let vision = layers + ["imageSize", "patchSize"]
    static let queryFormer = layers + ["queryCount", "crossAttentionEvery"]
  }
}

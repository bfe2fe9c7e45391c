import Foundation
import Storage

/// Vocabulary and merges in the files that Hugging Face's libraries read and write.
extension BytePairTokenizer {
  /// Reads `vocab.json` and `merges.txt`, or `tokenizer.json` where those are absent.
  ///
  /// Ids of `<image>` and other added tokens come from `added_tokens.json` or `tokenizer.json`.
  /// - Throws: `StorageError` for files that are missing or broken, `TokenizerError` for a vocabulary
  ///   that does not fit the merges.
  package init(folder: String, specials: Specials = Specials()) throws {
    let vocabularyPath = "\(folder)/vocab.json"
    var vocabulary: [String: Int]
    let merges: [Merge]
    if FileManager.default.fileExists(atPath: vocabularyPath) {
      vocabulary = try Self.identifiers(JSONDocument(file: vocabularyPath))
      merges = try Self.merges(file: "\(folder)/merges.txt")
      let addedPath = "\(folder)/added_tokens.json"
      if FileManager.default.fileExists(atPath: addedPath) {
        let added = try Self.identifiers(JSONDocument(file: addedPath))
        vocabulary.merge(added) { _, new in new }
      }
    } else {
      let document = try JSONDocument(file: "\(folder)/tokenizer.json")
      vocabulary = try Self.identifiers(document.required("model.vocab"))
      for token in try document.optional("added_tokens")?.elements ?? [] {
        vocabulary[try token.string("content")] = try token.int("id")
      }
      merges = try Self.merges(document.array("model.merges"))
    }
    var specials = specials
    if specials.image == nil, let image = vocabulary["<image>"] {
      specials.image = Int32(exactly: image)
    }
    try self.init(vocabulary: vocabulary, merges: merges, specials: specials)
  }

  /// Writes `vocab.json`, `merges.txt` and a `tokenizer.json` for the `tokenizers` library.
  ///
  /// - Throws: `StorageError` if a file cannot be written.
  package func write(to folder: String) throws {
    try AtomicFile.write(
      vocabularyDocument.serialized(indented: true), to: "\(folder)/vocab.json")
    let lines = ["#version: 0.2"] + merges.map { "\($0.left) \($0.right)" }
    try AtomicFile.write(
      Data((lines.joined(separator: "\n") + "\n").utf8), to: "\(folder)/merges.txt")
    try AtomicFile.write(
      fastTokenizerDocument.serialized(indented: true), to: "\(folder)/tokenizer.json")
  }

  private var vocabularyDocument: JSONValue {
    let members = pieces.enumerated().compactMap { id, piece in
      piece.map { (key: $0, value: JSONValue.integer(id)) }
    }
    // Pieces differ byte for byte: they were the keys of a dictionary.
    return JSONObject(members).map { .object($0) } ?? .null
  }

  private var fastTokenizerDocument: JSONValue {
    let byteLevel: JSONValue = .object([
      "type": .string("ByteLevel"), "add_prefix_space": .bool(false), "trim_offsets": .bool(true),
      "use_regex": .bool(true),
    ])
    return .object([
      "version": .string("1.0"), "truncation": .null, "padding": .null,
      "added_tokens": .array(
        specialTokens.map { piece, id in
          .object([
            "id": .integer(Int(id)), "content": .string(piece), "single_word": .bool(false),
            "lstrip": .bool(false), "rstrip": .bool(false), "normalized": .bool(false),
            "special": .bool(true),
          ])
        }),
      "normalizer": .null, "pre_tokenizer": byteLevel, "post_processor": .null,
      "decoder": byteLevel,
      "model": .object([
        "type": .string("BPE"), "dropout": .null, "unk_token": .null,
        "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": .bool(false),
        "byte_fallback": .bool(false), "ignore_merges": .bool(false),
        "vocab": vocabularyDocument,
        "merges": .array(merges.map { .string("\($0.left) \($0.right)") }),
      ]),
    ])
  }

  private static func identifiers(_ document: JSONDocument) throws -> [String: Int] {
    var result: [String: Int] = [:]
    for (piece, id) in try document.members { result[piece] = try id.asInt }
    return result
  }

  private static func merges(file path: String) throws -> [Merge] {
    let file = try MappedFile(path: path)
    let text = file.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    var result: [Merge] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty && !(number == 0 && line.hasPrefix("#version")) {
      guard let merge = merge(line) else {
        throw StorageError.malformed(
          path: path, field: "line \(number + 1)", reason: "a merge is two pieces and one space")
      }
      result.append(merge)
    }
    return result
  }

  /// Merges as "left right" or, in newer files, as ["left", "right"].
  private static func merges(_ elements: [JSONDocument]) throws -> [Merge] {
    try elements.map { element in
      if case .array = element.value {
        let pieces = try element.elements.map { try $0.asString }
        guard pieces.count == 2 else { throw element.malformed("a merge is two pieces") }
        return Merge(pieces[0], pieces[1])
      }
      guard let merge = merge(try element.asString[...]) else {
        throw element.malformed("a merge is two pieces and one space")
      }
      return merge
    }
  }

  private static func merge(_ line: Substring) -> Merge? {
    let pieces = line.split(separator: " ", omittingEmptySubsequences: false)
    guard pieces.count == 2, !pieces.contains("") else { return nil }
    return Merge(String(pieces[0]), String(pieces[1]))
  }
}

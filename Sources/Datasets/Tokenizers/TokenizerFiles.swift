import Foundation
import Storage

/// Vocabulary and merges in the files that Hugging Face's libraries read and write.
extension BytePairTokenizer {
  /// Reads `tokenizer.json`, or `vocab.json` and `merges.txt` where that is absent.
  ///
  /// - Parameter specials: ids with a meaning; as the checkpoint's files give them where nil.
  /// - Throws: `StorageError` for files that are missing or broken, `TokenizerError` for a vocabulary
  ///   that does not fit the merges and for a step of `tokenizer.json` that is not supported.
  package init(folder: String, specials: Specials? = nil) throws {
    func file(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
    func exists(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: file(name))
    }
    var vocabulary: [String: Int]
    let merges: [Merge]
    var pipeline: TokenizerPipeline
    if exists("tokenizer.json") || !exists("vocab.json") {
      let document = TokenizerDocument(root: try JSONDocument(file: file("tokenizer.json")))
      try document.checkModel()
      vocabulary = try Self.identifiers(document.root.required("model.vocab"))
      merges = try Self.merges(document.root.array("model.merges"))
      pipeline = try document.pipeline(adding: &vocabulary)
    } else {
      vocabulary = try Self.identifiers(JSONDocument(file: file("vocab.json")))
      merges = try Self.merges(file: file("merges.txt"))
      if exists("added_tokens.json") {
        let added = try Self.identifiers(JSONDocument(file: file("added_tokens.json")))
        vocabulary.merge(added) { _, new in new }
      }
      pipeline = try TokenizerPipeline(
        vocabularyFolder: folder, vocabulary: &vocabulary, merges: merges)
    }
    var found = try specials ?? Specials(folder: folder, vocabulary: vocabulary)
    if found != .unknown, found.image == nil, let image = vocabulary["<image>"] {
      found.image = Int32(exactly: image)
    }
    try self.init(
      vocabulary: vocabulary, merges: merges, specials: found, pipeline: pipeline)
  }

  /// Writes `vocab.json`, `merges.txt` and a `tokenizer.json` for the `tokenizers` library.
  ///
  /// - Throws: `StorageError` if a file cannot be written.
  package func write(to folder: String) throws {
    try AtomicFile.write(
      vocabularyDocument().serialized(indented: true), to: "\(folder)/vocab.json")
    let lines = ["#version: 0.2"] + merges.map { "\($0.left) \($0.right)" }
    try AtomicFile.write(
      Data((lines.joined(separator: "\n") + "\n").utf8), to: "\(folder)/merges.txt")
    try AtomicFile.write(
      fastTokenizerDocument.serialized(indented: true), to: "\(folder)/tokenizer.json")
  }

  /// - Parameter additions: whether tokens are listed that are no pieces of words.
  private func vocabularyDocument(withAdditions additions: Bool = true) -> JSONValue {
    let left = additions ? [] : Set(pipeline.addedTokens.filter { !$0.isPiece }.map(\.id))
    let members = pieces.enumerated().compactMap { id, piece in
      left.contains(Int32(id)) ? nil : piece.map { (key: $0, value: JSONValue.integer(id)) }
    }
    // Pieces differ byte for byte: they were the keys of a dictionary.
    return JSONObject(members).map { .object($0) } ?? .null
  }

  private var fastTokenizerDocument: JSONValue {
    .object([
      "version": .string("1.0"), "truncation": .null, "padding": .null,
      "added_tokens": .array(addedTokenDocuments),
      "normalizer": pipeline.composes ? .object(["type": .string("NFC")]) : .null,
      "pre_tokenizer": pipeline.splitDocument,
      "post_processor": pipeline.templateDocument(pieces: pieces),
      "decoder": TokenizerPipeline.byteLevel(prefix: false, usesPattern: true),
      "model": .object([
        "type": .string("BPE"), "dropout": .null, "unk_token": .null,
        "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": .bool(false),
        "byte_fallback": .bool(false), "ignore_merges": .bool(pipeline.ignoresMerges),
        "vocab": vocabularyDocument(withAdditions: false),
        "merges": .array(merges.map { .string("\($0.left) \($0.right)") }),
      ]),
    ])
  }

  /// Added tokens as they were read, and special tokens that only the vocabulary names.
  private var addedTokenDocuments: [JSONValue] {
    let added = pipeline.addedTokens
    let others = specialTokens.filter { special in !added.contains { $0.id == special.id } }
    return (added + others.map { AddedToken($0.piece, id: $0.id) }).sorted { $0.id < $1.id }.map {
      .object([
        "id": .integer(Int($0.id)), "content": .string($0.content),
        "single_word": .bool($0.singleWord), "lstrip": .bool($0.stripsLeft),
        "rstrip": .bool($0.stripsRight), "normalized": .bool($0.isNormalized),
        "special": .bool($0.isSpecial),
      ])
    }
  }

  private static func identifiers(_ document: JSONDocument) throws -> [String: Int] {
    var result: [String: Int] = [:]
    for (piece, id) in try document.members { result[piece] = try id.asInt }
    return result
  }

  private static func merges(file path: String) throws -> [Merge] {
    let file = try MappedFile(path: path)
    let bytes = file.withUnsafeBytes { [UInt8]($0.dropFirst(byteOrderMarkLength(of: $0))) }
    var result: [Merge] = []
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, bytes) in lines.enumerated() {
      // Lines end as on Windows where the file was written there.
      let end = bytes.last == UInt8(ascii: "\r") ? 1 : 0
      let line = String(decoding: bytes.dropLast(end), as: UTF8.self)
      if line.isEmpty || number == 0 && line.hasPrefix("#version") { continue }
      guard let merge = merge(line[...]) else {
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

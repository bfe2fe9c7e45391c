import Foundation
import Storage

extension TokenizerPipeline {
  /// The steps of a tokenizer of which only the vocabulary and the merges are written down: those of the
  /// class that tokenizer_config.json or config.json names, else GPT-2's.
  init(
    vocabularyFolder folder: String, vocabulary: inout [String: Int],
    merges: [BytePairTokenizer.Merge]
  ) throws {
    func document(_ name: String) throws -> JSONDocument? {
      let path = (folder as NSString).appendingPathComponent(name)
      return FileManager.default.fileExists(atPath: path) ? try JSONDocument(file: path) : nil
    }
    self.init()
    let settings = try document("tokenizer_config.json")
    let config = try document("config.json")
    let family = try (config?.optional("text_config") ?? config)?.optionalString("model_type") ?? ""
    let named = try settings?.optionalString("tokenizer_class") ?? ""
    if named.hasPrefix("Qwen2") || named.isEmpty && ["qwen2", "qwen3"].contains(family) {
      composes = true
      split = .qwen2
    }
    if try settings?.optionalBool("add_prefix_space") == true {
      prefixSpace = split == .gpt2 ? .text : .word
    }
    if let listed = try settings?.optional("added_tokens_decoder") {
      for (number, token) in try listed.members {
        guard let id = Int32(number), id >= 0 else {
          throw token.malformed("the key must be the token's id")
        }
        let added = try AddedToken(
          token, id: id, composed: composes, isPiece: vocabulary[try token.string("content")] != nil
        )
        vocabulary[added.content] = Int(id)
        addedTokens.append(added)
      }
    } else {
      // No text spells these: they are neither a byte nor made by a merge.
      let made = Set(merges.map { $0.left + $0.right })
      addedTokens = vocabulary.filter { piece, _ in
        piece.count > 2 && piece.hasPrefix("<") && piece.hasSuffix(">") && !made.contains(piece)
      }.sorted { $0.value < $1.value }.compactMap { piece, id in
        Int32(exactly: id).map { AddedToken(piece, id: $0) }
      }
    }
    // OPT's tokenizer begins every text, by default, with the token that also ends it.
    if try settings?.optionalBool("add_bos_token") ?? (family == "opt"),
      let begin = vocabulary["</s>"].flatMap({ Int32(exactly: $0) })
    {
      template = [.tokens([begin]), .text]
    }
  }

  static func byteLevel(prefix: Bool, usesPattern: Bool) -> JSONValue {
    .object([
      "type": .string("ByteLevel"), "add_prefix_space": .bool(prefix), "trim_offsets": .bool(true),
      "use_regex": .bool(usesPattern),
    ])
  }

  /// `pre_tokenizer` of tokenizer.json.
  var splitDocument: JSONValue {
    let usesPattern = split == .gpt2 && prefixSpace != .word
    let bytes = Self.byteLevel(prefix: prefixSpace != .none, usesPattern: usesPattern)
    guard !usesPattern, let pattern = split.pattern else { return bytes }
    return .object([
      "type": .string("Sequence"),
      "pretokenizers": .array([
        .object([
          "type": .string("Split"), "pattern": .object(["Regex": .string(pattern)]),
          "behavior": .string("Isolated"), "invert": .bool(false),
        ]),
        bytes,
      ]),
    ])
  }

  /// `post_processor` of tokenizer.json.
  func templateDocument(pieces: [String?]) -> JSONValue {
    guard template != [.text] else { return .null }
    func part(_ kind: String, _ id: String) -> JSONValue {
      .object([kind: .object(["id": .string(id), "type_id": .integer(0)])])
    }
    var names: [(key: String, value: JSONValue)] = []
    let single = template.map { piece -> JSONValue in
      guard case .tokens(let ids) = piece else { return part("Sequence", "A") }
      let tokens = ids.map { pieces[Int($0)] ?? "" }
      let name = tokens.joined()
      if !names.contains(where: { $0.key == name }) {
        names.append(
          (
            name,
            .object([
              "id": .string(name), "ids": .array(ids.map { .integer(Int($0)) }),
              "tokens": .array(tokens.map { .string($0) }),
            ])
          ))
      }
      return part("SpecialToken", name)
    }
    return .object([
      "type": .string("TemplateProcessing"), "single": .array(single),
      "pair": .array(single + [part("Sequence", "B")]),
      "special_tokens": JSONObject(names).map { .object($0) } ?? .null,
    ])
  }
}

import Storage

/// Reads `tokenizer.json` around its vocabulary; a step that is not known is refused by name, because ids
/// made without it would be wrong.
///
/// Truncation and padding are left out: they are of a batch, and `transformers` replaces them too.
struct TokenizerDocument {
  let root: JSONDocument

  var path: String { root.path }

  /// Byte-pair encoding without unknown pieces, affixes or dropout.
  func checkModel() throws {
    let model = try root.required("model")
    let kind = try model.string("type", default: "BPE")
    guard kind == "BPE" else {
      throw unsupported(try model.required("type"), "model '\(kind)'", known: "BPE")
    }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = try model.optional(name), try affix.asString != "" {
        throw unsupported(affix, "'\(try affix.asString)'", known: "null")
      }
    }
    if let dropout = try model.optional("dropout"), try dropout.asDouble != 0 {
      throw unsupported(dropout, "a random choice of merges", known: "null")
    }
    if let fallback = try model.optional("byte_fallback"), try fallback.asBool {
      throw unsupported(
        fallback, "byte_fallback", known: "false, as in byte-level vocabularies")
    }
  }

  /// - Parameter vocabulary: the ids of the model's pieces; ids of added tokens are put into it.
  func pipeline(adding vocabulary: inout [String: Int]) throws -> TokenizerPipeline {
    var pipeline = TokenizerPipeline()
    pipeline.ignoresMerges = try root.bool("model.ignore_merges", default: false)
    pipeline.composes = try composes(root.optional("normalizer"))
    try readSplit(into: &pipeline)
    try checkDecoder()
    pipeline.addedTokens = try addedTokens(
      vocabulary: &vocabulary, composed: pipeline.composes)
    pipeline.template = try template(root.optional("post_processor")) ?? [.text]
    return pipeline
  }

  private func unsupported(_ place: JSONDocument, _ found: String, known: String) -> TokenizerError
  {
    .unsupported(
      path: path, field: place.field.isEmpty ? "root" : place.field, found: found, known: known)
  }

  /// Whether normal form C is asked for, alone or in a sequence.
  private func composes(_ normalizer: JSONDocument?) throws -> Bool {
    guard let normalizer else { return false }
    let kind = try normalizer.string("type")
    switch kind {
    case "NFC": return true
    case "Sequence":
      return try normalizer.array("normalizers").reduce(false) { try composes($1) || $0 }
    default: throw unsupported(normalizer, "normalizer '\(kind)'", known: "null or NFC")
    }
  }

  private func readSplit(into pipeline: inout TokenizerPipeline) throws {
    let first = try root.required("pre_tokenizer")
    let steps =
      try first.string("type") == "Sequence" ? try first.array("pretokenizers") : [first]
    let known = "ByteLevel, or Split and then ByteLevel without use_regex"
    guard let bytes = steps.last, (1...2).contains(steps.count) else {
      throw unsupported(first, "a sequence of \(steps.count) steps", known: known)
    }
    for (step, kind) in zip(steps, steps.count == 1 ? ["ByteLevel"] : ["Split", "ByteLevel"]) {
      let found = try step.string("type")
      guard found == kind else { throw unsupported(step, "pre-tokenizer '\(found)'", known: known) }
    }
    let usesPattern = try bytes.bool("use_regex", default: true)
    let prefix = try bytes.bool("add_prefix_space")
    if steps.count == 1 {
      pipeline.split = usesPattern ? .gpt2 : .whole
      pipeline.prefixSpace = prefix ? .text : .none
      return
    }
    guard !usesPattern else {
      throw unsupported(try bytes.required("use_regex"), "a second split", known: "false")
    }
    pipeline.split = try split(steps[0])
    pipeline.prefixSpace = prefix ? .word : .none
  }

  private func split(_ step: JSONDocument) throws -> WordSplit {
    let pattern = try step.required("pattern")
    let behavior = try step.string("behavior")
    // The patterns match every character: what is kept between matches is nothing.
    guard (behavior == "Isolated") != (try step.bool("invert", default: false)),
      ["Isolated", "Removed"].contains(behavior)
    else {
      throw unsupported(
        try step.required("behavior"), "'\(behavior)'", known: "Isolated, without invert")
    }
    let names = "the pattern of GPT-2, Qwen 2 or Llama 3"
    guard let text = try pattern.optionalString("Regex") else {
      throw unsupported(pattern, "a plain string", known: names)
    }
    guard let split = WordSplit.allCases.first(where: { $0.pattern == text }) else {
      throw unsupported(try pattern.required("Regex"), "'\(text.prefix(200))'", known: names)
    }
    return split
  }

  private func checkDecoder() throws {
    guard let decoder = try root.optional("decoder") else {
      throw TokenizerError.unsupported(
        path: path, field: "decoder", found: "none", known: "ByteLevel")
    }
    var steps = [decoder]
    if try decoder.string("type") == "Sequence" { steps = try decoder.array("decoders") }
    guard steps.count == 1, try steps[0].string("type") == "ByteLevel" else {
      throw unsupported(decoder, "decoder '\(try decoder.string("type"))'", known: "ByteLevel")
    }
  }

  /// Added tokens, numbered as the reference does: by the vocabulary where that has them, else on from
  /// its end, whatever the file says.
  private func addedTokens(
    vocabulary: inout [String: Int], composed: Bool
  ) throws -> [AddedToken] {
    var tokens: [AddedToken] = []
    var seen: Set<String> = []
    var next = vocabulary.count
    for element in try root.optional("added_tokens")?.elements ?? [] {
      let content = try element.string("content")
      guard !content.isEmpty, seen.insert(content).inserted else { continue }
      let id = vocabulary[content] ?? next
      guard let short = Int32(exactly: id) else { throw TokenizerError.badIdentifier(id) }
      let token = try AddedToken(
        element, id: short, composed: composed, isPiece: vocabulary[content] != nil)
      vocabulary[token.content] = id
      next = max(next, id + 1)
      tokens.append(token)
    }
    return tokens
  }

  /// What a single text becomes; nil for a step that puts nothing around it.
  private func template(_ step: JSONDocument?) throws -> [TokenizerPipeline.TemplatePart]? {
    guard let step else { return nil }
    let kind = try step.string("type")
    switch kind {
    case "ByteLevel": return nil
    case "BertProcessing", "RobertaProcessing":
      return [.tokens([try pairID(step, "cls")]), .text, .tokens([try pairID(step, "sep")])]
    case "TemplateProcessing": return try written(step)
    case "Sequence":
      let parts = try step.array("processors").compactMap { try template($0) }
      guard parts.count <= 1 else {
        throw unsupported(step, "two templates, one after the other", known: "one")
      }
      return parts.first
    default:
      throw unsupported(
        step, "post-processor '\(kind)'",
        known: "null, ByteLevel, TemplateProcessing, BertProcessing or RobertaProcessing")
    }
  }

  private func written(_ step: JSONDocument) throws -> [TokenizerPipeline.TemplatePart] {
    let known = try step.required("special_tokens").members
    let parts = try step.array("single")
    guard parts.count <= Self.longestTemplate else {
      throw unsupported(step, "a template of \(parts.count) parts", known: "a few")
    }
    return try parts.map { part in
      if let sequence = try part.optional("Sequence") {
        guard try sequence.string("id") == "A" else {
          throw unsupported(sequence, "a second text", known: "A")
        }
        return .text
      }
      let name = try part.string("SpecialToken.id")
      guard let token = known.first(where: { $0.key == name })?.value else {
        throw part.malformed("special token '\(name)' is not among special_tokens")
      }
      let ids = try token.array("ids")
      guard ids.count <= Self.longestTemplate else {
        throw unsupported(token, "a special token of \(ids.count) ids", known: "a few")
      }
      return .tokens(try ids.map { Self.short(try $0.asInt) })
    }
  }

  /// Parts of a template, and ids of a part: what a small file may make of each text.
  private static let longestTemplate = 64

  /// The id in ["</s>", 2].
  private func pairID(_ step: JSONDocument, _ name: String) throws -> Int32 {
    let pair = try step.array(name)
    guard pair.count == 2 else { throw step.malformed("\(name) must be a piece and its id") }
    return Self.short(try pair[1].asInt)
  }

  /// An id that no vocabulary has where the number is too large.
  private static func short(_ id: Int) -> Int32 { Int32(exactly: id) ?? -1 }
}

import Datasets
import Foundation
import Storage

/// A tokenizer as llama.cpp reads it from the metadata of a GGUF file.
///
/// Source: the GGUF specification, version 3, and the names of pre-tokenizers in llama.cpp's
/// `llama-vocab.cpp`.
struct GGUFVocabulary {
  /// What a token is, by the numbers of the specification.
  enum Kind: Int32 {
    case normal = 1
    case control = 3
    case userDefined = 4
    case unused = 5
  }

  private let tokenizer: BytePairTokenizer
  private let preTokenizer: String
  /// Texts and kinds of all rows of the embedding.
  private let tokens: [(text: String, kind: Kind)]
  /// The token that the template puts in front of and behind a text.
  private let begin: Int32?
  private let end: Int32?
  private let chatTemplate: String?

  /// Nil where no tokenizer lies in the folder.
  ///
  /// - Parameter size: rows of the embedding; rows without a token are named as unused.
  /// - Throws: `ExportError` for a tokenizer that the format has no place for, and whatever reading it
  ///   throws.
  init?(folder: String, size: Int) throws {
    func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
    let names = ["tokenizer.json", "vocab.json", "tokenizer.model"]
    guard names.contains(where: { FileManager.default.fileExists(atPath: path($0)) }) else {
      return nil
    }
    let tokenizer = try BytePairTokenizer(folder: folder)
    func refuse(_ reason: String) -> ExportError {
      .notRepresentable(.gguf, reason: "its tokenizer " + reason)
    }
    guard tokenizer.vocabularySize <= size else {
      throw refuse("has \(tokenizer.vocabularySize) tokens, the embedding \(size) rows")
    }
    guard let preTokenizer = Self.preTokenizer(tokenizer.pipeline) else {
      throw refuse("splits text as no pre-tokenizer of llama.cpp does")
    }
    let controls = Set(tokenizer.specialTokens.map(\.id))
    let added = Set(tokenizer.pipeline.addedTokens.map(\.id))
    tokens = (0..<size).map { index in
      let id = Int32(index)
      guard index < tokenizer.vocabularySize, let piece = tokenizer.pieces[index] else {
        return ("[PAD\(index)]", .unused)
      }
      return (
        piece, controls.contains(id) ? .control : added.contains(id) ? .userDefined : .normal
      )
    }
    guard let (begin, end) = Self.surroundings(tokenizer.pipeline.template) else {
      throw refuse("puts more than one token before or after a text")
    }
    guard end == nil || end == tokenizer.specials.endOfText else {
      throw refuse("puts another token behind a text than the one that ends it")
    }
    (self.begin, self.end) = (begin, end)
    chatTemplate = try Self.chatTemplate(path)
    self.tokenizer = tokenizer
    self.preTokenizer = preTokenizer
  }

  /// llama.cpp's name for how a text falls into words; nil where it has none.
  private static func preTokenizer(_ pipeline: TokenizerPipeline) -> String? {
    guard pipeline.prefixSpace == .none else { return nil }
    switch (pipeline.split, pipeline.ignoresMerges) {
    case (.gpt2, false): return "gpt-2"
    case (.qwen2, false): return "qwen2"
    case (.llama3, true): return "llama-bpe"
    // The same expression as Llama 3's, and merges are not ignored.
    case (.llama3, false): return "dbrx"
    default: return nil
    }
  }

  /// The tokens before and after the text; nil where there are several.
  private static func surroundings(_ template: [TokenizerPipeline.TemplatePart])
    -> (Int32?, Int32?)?
  {
    var before: [Int32] = []
    var after: [Int32] = []
    var texts = 0
    for part in template {
      switch part {
      case .text: texts += 1
      case .tokens(let ids): if texts == 0 { before += ids } else { after += ids }
      }
    }
    guard texts == 1, before.count < 2, after.count < 2 else { return nil }
    return (before.first, after.first)
  }

  /// The text of chat_template.jinja, or the one in tokenizer_config.json.
  private static func chatTemplate(_ path: (String) -> String) throws -> String? {
    let files = FileManager.default
    let own = path("chat_template.jinja")
    if let bytes = files.contents(atPath: own) { return String(decoding: bytes, as: UTF8.self) }
    let settings = path("tokenizer_config.json")
    guard files.fileExists(atPath: settings),
      let template = try JSONDocument(file: settings).optional("chat_template"),
      case .string(let text) = template.value
    else { return nil }
    return text
  }

  func describe(in file: inout GGUFFile) {
    func set(_ name: String, _ value: GGUFFile.Value) { file.set("tokenizer." + name, value) }
    set("ggml.model", .text("gpt2"))
    set("ggml.pre", .text(preTokenizer))
    set("ggml.tokens", .texts(tokens.map(\.text)))
    set("ggml.token_type", .integers(tokens.map(\.kind.rawValue)))
    set("ggml.merges", .texts(tokenizer.merges.map { "\($0.left) \($0.right)" }))
    let specials = tokenizer.specials
    for (name, id) in [
      ("bos", begin ?? specials.beginOfText), ("eos", specials.endOfText),
      ("padding", specials.padding),
    ] where id >= 0 {
      set("ggml.\(name)_token_id", .count(Int(id)))
    }
    set("ggml.add_bos_token", .flag(begin != nil))
    set("ggml.add_eos_token", .flag(end != nil))
    if let chatTemplate { set("chat_template", .text(chatTemplate)) }
  }
}

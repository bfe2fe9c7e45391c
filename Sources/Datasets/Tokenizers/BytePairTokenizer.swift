/// Byte-level byte-pair encoding as in GPT-2, OPT, Qwen and Llama 3: any text has tokens, and tokens give
/// it back.
///
/// Source: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016.
package struct BytePairTokenizer: Sendable {
  /// Token ids with a meaning of their own; they occur in no text.
  package struct Specials: Sendable, Equatable {
    /// Begin of text; OPT uses its end-of-text for both.
    package var beginOfText: Int32
    package var padding: Int32
    package var endOfText: Int32
    /// Place of one image feature in the input of the language model; nil where there is none.
    package var image: Int32?

    package init(
      beginOfText: Int32 = 2, padding: Int32 = 1, endOfText: Int32 = 2, image: Int32? = nil
    ) {
      self.beginOfText = beginOfText
      self.padding = padding
      self.endOfText = endOfText
      self.image = image
    }

    /// Of a tokenizer whose checkpoint is not there to tell; no id is special on its account.
    package static let unknown = Specials(beginOfText: -1, padding: -1, endOfText: -1)

    var identifiers: [Int32] {
      self == .unknown
        ? [] : [beginOfText, padding, endOfText] + (image.map { [$0] } ?? [])
    }
  }

  /// Pieces in the order of their ids, spelled in GPT-2's byte alphabet; nil where no piece has an id.
  package let pieces: [String?]
  /// Pairs of pieces, the first merged first.
  package let merges: [Merge]
  package let specials: Specials

  package struct Merge: Sendable, Hashable {
    package var left: String
    package var right: String

    package init(_ left: String, _ right: String) {
      self.left = left
      self.right = right
    }
  }

  package let pipeline: TokenizerPipeline

  private let merger: PairMerger
  private let byteTokens: [Int32]
  /// Bytes that every id stands for, a special token for its name; empty for holes.
  private let bytes: [[UInt8]]
  private let isSpecial: [Bool]
  /// Of every word that is a piece; empty unless merges are ignored for them.
  private let wholeWords: [[UInt8]: Int32]
  private let everyToken: Finders
  private let ordinaryTokens: Finders

  /// Added tokens looked for in the text as it is, then in the normalized text.
  private struct Finders: Sendable {
    let plain: AddedTokenFinder
    let normalized: AddedTokenFinder

    init(_ tokens: [AddedToken]) {
      plain = AddedTokenFinder(tokens.filter { !$0.isNormalized })
      normalized = AddedTokenFinder(tokens.filter(\.isNormalized))
    }
  }

  /// - Parameter vocabulary: id of every piece, added tokens included.
  /// - Throws: `TokenizerError` if a byte is missing, an id is negative, taken twice or absurdly large, or a merge
  ///   joins pieces that are not in the vocabulary.
  package init(
    vocabulary: [String: Int], merges: [Merge], specials: Specials,
    pipeline: TokenizerPipeline = TokenizerPipeline()
  ) throws(TokenizerError) {
    let last = vocabulary.values.max() ?? -1
    guard last < 4 * vocabulary.count + 1_024 else { throw .badIdentifier(last) }
    var pieces = [String?](repeating: nil, count: max(0, last + 1))
    for (piece, id) in vocabulary {
      guard id >= 0, pieces[id] == nil else { throw .badIdentifier(id) }
      pieces[id] = piece
    }
    func id(_ piece: String) throws(TokenizerError) -> Int32 {
      guard let id = vocabulary[piece] else { throw .missingPiece(piece) }
      return Int32(id)
    }
    var byteTokens: [Int32] = []
    for (byte, character) in ByteAlphabet.characters.enumerated() {
      guard let id = vocabulary[String(character)] else { throw .missingByte(byte) }
      byteTokens.append(Int32(id))
    }
    var ranks: [PairMerger.Pair: PairMerger.Merged] = [:]
    ranks.reserveCapacity(merges.count)
    for (rank, merge) in merges.enumerated() {
      let pair = PairMerger.Pair(left: try id(merge.left), right: try id(merge.right))
      // Of a merge that is listed twice the last place counts, as in the reference.
      ranks[pair] = PairMerger.Merged(rank: rank, token: try id(merge.left + merge.right))
    }
    var isSpecial = pieces.map { ["<s>", "<unk>", "<mask>"].contains($0) }
    for special in specials.identifiers {
      guard isSpecial.indices.contains(Int(special)) else { throw .badIdentifier(Int(special)) }
      isSpecial[Int(special)] = true
    }
    for token in pipeline.addedTokens {
      guard pieces.indices.contains(Int(token.id)) else { throw .badIdentifier(Int(token.id)) }
      if token.isSpecial { isSpecial[Int(token.id)] = true }
    }
    for case .tokens(let tokens) in pipeline.template {
      for token in tokens where !pieces.indices.contains(Int(token)) {
        throw .badIdentifier(Int(token))
      }
    }
    bytes = pieces.map { piece in
      piece.map { ByteAlphabet.bytes(of: $0) ?? Array($0.utf8) } ?? []
    }
    var wholeWords: [[UInt8]: Int32] = [:]
    if pipeline.ignoresMerges {
      let additions = Set(pipeline.addedTokens.filter { !$0.isPiece }.map(\.id))
      for (id, piece) in bytes.enumerated() {
        if piece.isEmpty || isSpecial[id] || additions.contains(Int32(id)) { continue }
        wholeWords[piece] = Int32(id)
      }
    }
    self.wholeWords = wholeWords
    self.isSpecial = isSpecial
    self.pieces = pieces
    self.merges = merges
    self.specials = specials
    self.pipeline = pipeline
    self.byteTokens = byteTokens
    merger = PairMerger(merges: ranks)
    everyToken = Finders(pipeline.addedTokens)
    ordinaryTokens = Finders(pipeline.addedTokens.filter { !$0.isSpecial })
  }

  /// Ids run from 0 to one below this.
  package var vocabularySize: Int { pieces.count }

  /// Pieces that stand for no text, in the order of their ids.
  package var specialTokens: [(piece: String, id: Int32)] {
    pieces.enumerated().compactMap { id, piece in
      guard let piece, isSpecial[id] else { return nil }
      return (piece, Int32(id))
    }
  }

  /// Tokens of a text that is data; special tokens are never read from it, and none are put around it.
  package func encode(_ text: String) -> [Int32] {
    tokens(of: text, finding: ordinaryTokens, notMaking: isSpecial)
  }

  /// Tokens of a text that may spell special tokens, with those that the pipeline puts around it.
  package func encodeWithSpecials(_ text: String) -> [Int32] {
    let inner = tokens(of: text, finding: everyToken, notMaking: nil)
    return pipeline.template.flatMap { part in
      switch part {
      case .text: inner
      case .tokens(let tokens): tokens
      }
    }
  }

  /// The text of tokens; ids outside the vocabulary give nothing, and bytes that are not UTF-8 give
  /// U+FFFD.
  ///
  /// - Parameter namingSpecials: whether special tokens give their names or nothing.
  package func decode(_ tokens: some Sequence<Int32>, namingSpecials: Bool = false) -> String {
    var result: [UInt8] = []
    for token in tokens where bytes.indices.contains(Int(token)) {
      guard namingSpecials || !isSpecial[Int(token)] else { continue }
      result.append(contentsOf: bytes[Int(token)])
    }
    return String(decoding: result, as: UTF8.self)
  }

  private func tokens(of text: String, finding finders: Finders, notMaking barred: [Bool]?)
    -> [Int32]
  {
    var result: [Int32] = []
    for part in finders.plain.parts(of: Array(text.unicodeScalars)[...]) {
      switch part {
      case .token(let token): result.append(token)
      case .text(let text):
        for part in finders.normalized.parts(of: pipeline.normalized(text)) {
          switch part {
          case .token(let token): result.append(token)
          case .text(let text): encode(text, notMaking: barred, into: &result)
          }
        }
      }
    }
    return result
  }

  /// Appends the tokens of a text without added tokens.
  private func encode(
    _ text: ArraySlice<Unicode.Scalar>, notMaking barred: [Bool]?, into result: inout [Int32]
  ) {
    for word in pipeline.words(of: text) {
      var bytes: [UInt8] = []
      for scalar in word {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
      if let token = wholeWords[bytes] {
        result.append(token)
      } else {
        merger.merge(bytes.map { byteTokens[Int($0)] }, notMaking: barred, into: &result)
      }
    }
  }
}

/// Why a vocabulary and merges make no tokenizer.
package enum TokenizerError: Error, CustomStringConvertible, Sendable {
  case missingPiece(String)
  case badIdentifier(Int)
  /// A byte without a piece of its own: some published vocabularies leave out those that no text has.
  case missingByte(Int)
  /// A step of tokenizer.json that this engine does not do.
  case unsupported(path: String, field: String, found: String, known: String)

  package var description: String {
    switch self {
    case .missingPiece(let piece):
      "vocabulary: piece '\(piece)' is missing, though a byte or a merge needs it. "
        + "Take vocab.json and merges.txt from the same checkpoint."
    case .badIdentifier(let id):
      "vocabulary: token id \(id) is negative, taken twice or out of range. "
        + "Take vocab.json from the original checkpoint."
    case .missingByte(let byte):
      "vocabulary: byte \(byte) has no piece of its own, and vocabularies without all 256 bytes are not "
        + "supported. Use a checkpoint whose vocabulary has them."
    case .unsupported(let path, let field, let found, let known):
      "\(path): \(field): \(found) is not supported. Use a checkpoint whose tokenizer has here: "
        + known + "."
    }
  }
}

/// Byte-level byte-pair encoding as in GPT-2 and OPT: any text has tokens, and tokens give it back.
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

  private struct Pair: Hashable {
    var left: Int32
    var right: Int32
  }

  private let ranks: [Pair: (rank: Int, merged: Int32)]
  private let byteTokens: [Int32]
  /// Bytes of every id; empty for specials and holes.
  private let bytes: [[UInt8]]

  /// - Parameter vocabulary: id of every piece, specials included.
  /// - Throws: `TokenizerError` if a byte is missing, an id is negative, taken twice or absurdly large, or a merge
  ///   joins pieces that are not in the vocabulary.
  package init(
    vocabulary: [String: Int], merges: [Merge], specials: Specials
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
    for character in ByteAlphabet.characters { byteTokens.append(try id(String(character))) }
    var ranks: [Pair: (rank: Int, merged: Int32)] = [:]
    for (rank, merge) in merges.enumerated() {
      let pair = Pair(left: try id(merge.left), right: try id(merge.right))
      let merged = try id(merge.left + merge.right)
      if ranks[pair] == nil { ranks[pair] = (rank, merged) }
    }
    let specialIdentifiers =
      [specials.beginOfText, specials.padding, specials.endOfText]
      + (specials.image.map { [$0] } ?? [])
    for special in specialIdentifiers where !pieces.indices.contains(Int(special)) {
      throw .badIdentifier(Int(special))
    }
    let isSpecial = Set(specialIdentifiers)
    bytes = pieces.enumerated().map { id, piece in
      isSpecial.contains(Int32(id)) || ["<s>", "<unk>", "<mask>"].contains(piece)
        ? [] : piece.flatMap(ByteAlphabet.bytes(of:)) ?? []
    }
    self.pieces = pieces
    self.merges = merges
    self.specials = specials
    self.ranks = ranks
    self.byteTokens = byteTokens
  }

  /// Ids run from 0 to one below this.
  package var vocabularySize: Int { pieces.count }

  /// Pieces that stand for no text, in the order of their ids.
  package var specialTokens: [(piece: String, id: Int32)] {
    pieces.enumerated().compactMap { id, piece in
      guard let piece, bytes[id].isEmpty else { return nil }
      return (piece, Int32(id))
    }
  }

  /// Tokens of a text; special tokens are never read from it.
  package func encode(_ text: String) -> [Int32] {
    PreTokenizer.words(of: text).flatMap { merge(Array($0.utf8).map { byteTokens[Int($0)] }) }
  }

  /// The text of tokens; specials and ids outside the vocabulary give nothing, and bytes that are
  /// not UTF-8 give U+FFFD.
  package func decode(_ tokens: some Sequence<Int32>) -> String {
    var result: [UInt8] = []
    for token in tokens where bytes.indices.contains(Int(token)) {
      result.append(contentsOf: bytes[Int(token)])
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Applies the earliest learnt merge of any neighbours until none applies.
  private func merge(_ word: [Int32]) -> [Int32] {
    var word = word
    while word.count > 1 {
      var best: (rank: Int, merged: Int32)?
      for i in 1..<word.count {
        guard let found = ranks[Pair(left: word[i - 1], right: word[i])] else { continue }
        if best.map({ found.rank < $0.rank }) ?? true { best = found }
      }
      guard let best else { break }
      let merge = merges[best.rank]
      var merged: [Int32] = []
      var i = 0
      while i < word.count {
        if i + 1 < word.count, pieces[Int(word[i])] == merge.left,
          pieces[Int(word[i + 1])] == merge.right
        {
          merged.append(best.merged)
          i += 2
        } else {
          merged.append(word[i])
          i += 1
        }
      }
      word = merged
    }
    return word
  }
}

/// Why a vocabulary and merges make no tokenizer.
package enum TokenizerError: Error, CustomStringConvertible, Sendable {
  case missingPiece(String)
  case badIdentifier(Int)

  package var description: String {
    switch self {
    case .missingPiece(let piece):
      "vocabulary: piece '\(piece)' is missing, though a byte or a merge needs it. "
        + "Take vocab.json and merges.txt from the same checkpoint."
    case .badIdentifier(let id):
      "vocabulary: token id \(id) is negative, taken twice or out of range. "
        + "Take vocab.json from the original checkpoint."
    }
  }
}

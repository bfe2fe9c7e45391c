import Storage

/// A token that is found in a text as it stands, before the text falls into words.
package struct AddedToken: Sendable, Equatable {
  package var content: String
  package var id: Int32
  /// Has a meaning of its own, as an end of text has; never read from a question or an answer.
  package var isSpecial: Bool
  /// Only between characters that belong to no word.
  package var singleWord: Bool
  /// Takes the white space before it along.
  package var stripsLeft: Bool
  package var stripsRight: Bool
  /// Looked for in the normalized text.
  package var isNormalized: Bool
  /// Also a piece that words are made of, not an addition to those.
  package var isPiece: Bool

  package init(
    _ content: String, id: Int32, isSpecial: Bool = true, singleWord: Bool = false,
    stripsLeft: Bool = false, stripsRight: Bool = false, isNormalized: Bool = false,
    isPiece: Bool = true
  ) {
    self.content = content
    self.id = id
    self.isSpecial = isSpecial
    self.singleWord = singleWord
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.isNormalized = isNormalized
    self.isPiece = isPiece
  }

  /// As `tokenizer.json` and `tokenizer_config.json` describe it.
  ///
  /// - Parameters:
  ///   - composed: whether the normalized text, in which it may be looked for, is composed.
  ///   - isPiece: whether the vocabulary has it too.
  init(
    _ document: JSONDocument, id: Int32, composed: Bool, isPiece: Bool
  ) throws(StorageError) {
    self.isPiece = isPiece
    content = try document.string("content")
    self.id = id
    isSpecial = try document.bool("special", default: false)
    singleWord = try document.bool("single_word", default: false)
    stripsLeft = try document.bool("lstrip", default: false)
    stripsRight = try document.bool("rstrip", default: false)
    isNormalized = try document.bool("normalized", default: !isSpecial)
    if composed && isNormalized { content = content.composed }
  }
}

/// Finds added tokens in a text: the leftmost first, of several there the longest.
///
/// Source: the behaviour of Hugging Face's `tokenizers` 0.23.
struct AddedTokenFinder: Sendable {
  enum Part {
    case text(ArraySlice<Unicode.Scalar>)
    case token(Int32)
  }

  /// A step from a node of the tree of all contents; one flat table, so that a large file stays small.
  private struct Edge: Hashable {
    var node: Int32
    var scalar: Unicode.Scalar
  }

  private let tokens: [AddedToken]
  private var edges: [Edge: Int32] = [:]
  /// Index of the token that ends at a node, or -1; the root is node 0.
  private var ends: [Int32] = [-1]

  init(_ tokens: [AddedToken]) {
    self.tokens = tokens
    for (index, token) in tokens.enumerated() where !token.content.isEmpty {
      var node: Int32 = 0
      for scalar in token.content.unicodeScalars {
        let edge = Edge(node: node, scalar: scalar)
        if let next = edges[edge] {
          node = next
        } else {
          node = Int32(ends.count)
          edges[edge] = node
          ends.append(-1)
        }
      }
      if ends[Int(node)] < 0 { ends[Int(node)] = Int32(index) }
    }
  }

  /// Parts of a text in order; no text between tokens is empty.
  func parts(of text: ArraySlice<Unicode.Scalar>) -> [Part] {
    guard !tokens.isEmpty else { return text.isEmpty ? [] : [.text(text)] }
    var parts: [Part] = []
    var taken = text.startIndex
    var place = text.startIndex
    while place < text.endIndex {
      guard let (index, matchEnd) = longest(in: text, from: place) else {
        place += 1
        continue
      }
      let token = tokens[index]
      var start = place
      var end = matchEnd
      place = end
      if token.singleWord,
        start > text.startIndex && Self.isWord(text[start - 1])
          || end < text.endIndex && Self.isWord(text[end])
      {
        continue
      }
      if token.stripsLeft {
        while start > taken, text[start - 1].properties.isWhitespace { start -= 1 }
      }
      if token.stripsRight {
        // What the token before took along is white space, and is not walked again.
        end = max(end, taken)
        while end < text.endIndex, text[end].properties.isWhitespace { end += 1 }
      }
      if taken < start { parts.append(.text(text[taken..<start])) }
      parts.append(.token(token.id))
      taken = end
    }
    if taken < text.endIndex { parts.append(.text(text[taken...])) }
    return parts
  }

  private func longest(
    in text: ArraySlice<Unicode.Scalar>, from start: Int
  ) -> (token: Int, end: Int)? {
    var found: (Int, Int)?
    var node: Int32 = 0
    var place = start
    while place < text.endIndex, let next = edges[Edge(node: node, scalar: text[place])] {
      node = next
      place += 1
      if ends[Int(node)] >= 0 { found = (Int(ends[Int(node)]), place) }
    }
    return found
  }

  /// `\w` of Unicode Technical Standard 18.
  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return false
    }
  }
}

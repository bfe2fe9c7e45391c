/// What becomes of a text before and after its words are merged: the parts of `tokenizer.json` around
/// the vocabulary.
package struct TokenizerPipeline: Sendable, Equatable {
  /// Where a space is put in front.
  package enum PrefixSpace: Sendable, Equatable {
    case none
    /// Before the text, and before the text behind an added token.
    case text
    /// Before each word.
    case word
  }

  /// A part of what a whole text becomes.
  package enum TemplatePart: Sendable, Equatable {
    case text
    case tokens([Int32])
  }

  /// Characters are composed (Unicode's normal form C) before words are found.
  package var composes = false
  package var split = WordSplit.gpt2
  package var prefixSpace = PrefixSpace.none
  package var template: [TemplatePart] = [.text]
  package var addedTokens: [AddedToken] = []
  /// A word that is a piece of the vocabulary is that piece, whatever the merges make of it.
  package var ignoresMerges = false

  package init() {}

  /// - Returns: the text in normal form C, where this pipeline asks for it.
  func normalized(_ text: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
    // Below U+0300 every text is composed.
    guard composes, text.contains(where: { $0.value >= 0x300 }) else { return text }
    return CanonicalComposition.composed(text)[...]
  }

  /// Words of a text without added tokens.
  func words(of text: ArraySlice<Unicode.Scalar>) -> [ArraySlice<Unicode.Scalar>] {
    var scalars = Array(text)
    if prefixSpace == .text, scalars.first != " " { scalars.insert(" ", at: 0) }
    return split.ranges(of: scalars).map { range in
      prefixSpace == .word && scalars[range.lowerBound] != " "
        ? [" "] + scalars[range] : scalars[range]
    }
  }
}

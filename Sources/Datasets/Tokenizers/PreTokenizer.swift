/// GPT-2's split of a text into words, within which merges stay.
///
/// Equal to the regular expression
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
enum PreTokenizer {
  /// Words in order; joined they give the text.
  static func words(of text: String) -> [String] {
    let scalars = Array(text.unicodeScalars)
    let kinds = scalars.map(kind)
    var words: [String] = []
    var start = 0
    while start < scalars.count {
      let end = wordEnd(scalars, kinds, from: start)
      var word = String.UnicodeScalarView()
      word.append(contentsOf: scalars[start..<end])
      words.append(String(word))
      start = end
    }
    return words
  }

  private enum Kind { case letter, number, space, other }

  private static func kind(_ scalar: Unicode.Scalar) -> Kind {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      .letter
    case .decimalNumber, .letterNumber, .otherNumber: .number
    default: scalar.properties.isWhitespace ? .space : .other
    }
  }

  private static let contractions: [[Unicode.Scalar]] =
    ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map { Array($0.unicodeScalars) }

  private static func wordEnd(_ scalars: [Unicode.Scalar], _ kinds: [Kind], from start: Int) -> Int
  {
    for contraction in contractions where scalars[start...].starts(with: contraction) {
      return start + contraction.count
    }
    // A single space joins the word behind it.
    var first = start
    if scalars[start] == " ", start + 1 < scalars.count, kinds[start + 1] != .space { first += 1 }
    var end = first + 1
    while end < scalars.count, kinds[end] == kinds[first] { end += 1 }
    // Of several white spaces before a word, the last is left to that word.
    if kinds[first] == .space, end < scalars.count, end - first > 1 { end -= 1 }
    return end
  }
}

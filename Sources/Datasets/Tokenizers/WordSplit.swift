/// How a text falls into words, within which merges stay.
///
/// Each case is one regular expression that Hugging Face's tokenizers carry as text, written by hand here.
/// Source: the `tokenizer.json` files of GPT-2, Qwen 2 and Llama 3.
package enum WordSplit: Sendable, Equatable, CaseIterable {
  case gpt2
  case qwen2
  /// Qwen 2's, with up to three digits in a word.
  case llama3
  /// The text is one word.
  case whole

  /// The regular expression in Oniguruma's syntax; nil for `whole`.
  package var pattern: String? {
    switch self {
    case .gpt2: #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    case .qwen2: Self.cased(numbers: #"\p{N}"#)
    case .llama3: Self.cased(numbers: #"\p{N}{1,3}"#)
    case .whole: nil
    }
  }

  private static func cased(numbers: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// Words in order; joined they give the text.
  package func words(of text: String) -> [String] {
    let scalars = Array(text.unicodeScalars)
    return ranges(of: scalars).map { range in
      var word = String.UnicodeScalarView()
      word.append(contentsOf: scalars[range])
      return String(word)
    }
  }

  /// Ranges of the words, in order and without gaps. Linear in the length of the text.
  func ranges(of scalars: [Unicode.Scalar]) -> [Range<Int>] {
    if self == .whole { return scalars.isEmpty ? [] : [0..<scalars.count] }
    let text = SplitText(scalars)
    var ranges: [Range<Int>] = []
    var start = 0
    while start < scalars.count {
      let end: Int
      switch self {
      case .gpt2, .whole: end = text.gpt2WordEnd(from: start)
      case .qwen2: end = text.casedWordEnd(from: start, digits: 1)
      case .llama3: end = text.casedWordEnd(from: start, digits: 3)
      }
      ranges.append(start..<end)
      start = end
    }
    return ranges
  }
}

/// A text beside the classes of its characters.
private struct SplitText {
  enum Kind: UInt8 { case letter, number, space, other }

  let scalars: [Unicode.Scalar]
  let kinds: [Kind]

  init(_ scalars: [Unicode.Scalar]) {
    self.scalars = scalars
    kinds = scalars.map(Self.kind)
  }

  var count: Int { scalars.count }

  private static func kind(_ scalar: Unicode.Scalar) -> Kind {
    switch scalar.value {
    case 0x41...0x5a, 0x61...0x7a: return .letter
    case 0x30...0x39: return .number
    case 0x20, 0x09...0x0d: return .space
    case 0..<0x80: return .other
    default: break
    }
    let found: Kind
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      found = .letter
    case .decimalNumber, .letterNumber, .otherNumber: found = .number
    default: return scalar.properties.isWhitespace ? .space : .other
    }
    // Those of later versions of Unicode are not known to the reference's regular expressions.
    return (scalar.properties.age?.major ?? .max) <= 16 ? found : .other
  }

  /// End of the run of characters of the kind of the one at `start`.
  private func runEnd(from start: Int) -> Int {
    var end = start + 1
    while end < count, kinds[end] == kinds[start] { end += 1 }
    return end
  }

  private func isLineEnd(_ place: Int) -> Bool {
    scalars[place] == "\n" || scalars[place] == "\r"
  }

  /// End of an apostrophe with one of s, t, re, ve, m, ll, d; nil where there is none.
  private func contractionEnd(from start: Int, anyCase: Bool) -> Int? {
    guard scalars[start] == "'", start + 1 < count else { return nil }
    func letter(_ place: Int) -> Unicode.Scalar {
      guard place < count else { return " " }
      let scalar = scalars[place]
      guard anyCase else { return scalar }
      // U+017F is an s in another case.
      if scalar.value == 0x17f { return "s" }
      return ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
    }
    switch (letter(start + 1), letter(start + 2)) {
    case ("s", _), ("t", _), ("m", _), ("d", _): return start + 2
    case ("r", "e"), ("v", "e"), ("l", "l"): return start + 3
    default: return nil
    }
  }

  /// `\s+(?!\S)|\s+`: of several white spaces before a word, the last is left to that word.
  private func spacesEnd(from start: Int) -> Int {
    let end = runEnd(from: start)
    return end < count && end - start > 1 ? end - 1 : end
  }

  func gpt2WordEnd(from start: Int) -> Int {
    if let end = contractionEnd(from: start, anyCase: false) { return end }
    // A single space joins the word behind it.
    if scalars[start] == " ", start + 1 < count, kinds[start + 1] != .space {
      return runEnd(from: start + 1)
    }
    return kinds[start] == .space ? spacesEnd(from: start) : runEnd(from: start)
  }

  /// - Parameter digits: how many digits one word may have.
  func casedWordEnd(from start: Int, digits: Int) -> Int {
    if let end = contractionEnd(from: start, anyCase: true) { return end }
    let next = start + 1 < count ? kinds[start + 1] : nil
    switch kinds[start] {
    case .letter: return runEnd(from: start)
    case .number: return min(runEnd(from: start), start + digits)
    case .other where next == .letter: return runEnd(from: start + 1)
    case .other: return markEnd(from: start)
    case .space:
      // Any white space but a line's end joins the letters behind it; only a space joins marks.
      if next == .letter, !isLineEnd(start) { return runEnd(from: start + 1) }
      if next == .other, scalars[start] == " " { return markEnd(from: start + 1) }
      let end = runEnd(from: start)
      if let last = (start..<end).last(where: isLineEnd) { return last + 1 }
      return spacesEnd(from: start)
    }
  }

  /// `[^\s\p{L}\p{N}]+[\r\n]*`
  private func markEnd(from start: Int) -> Int {
    var end = runEnd(from: start)
    while end < count, isLineEnd(end) { end += 1 }
    return end
  }
}

import Foundation

/// Unicode's normal form C: characters decomposed, marks sorted, characters composed again.
///
/// Foundation's own normal form leaves marks of newer scripts, and some long runs, in the wrong order; it
/// is asked for single characters only. Classes of marks are the standard library's. Source: Unicode
/// Standard Annex 15, with the characters of Unicode 9: a model was trained on what Hugging Face's
/// `tokenizers` made of its texts, and that takes later marks for letters.
enum CanonicalComposition {
  static func composed(_ text: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.count)
    for scalar in text { decompose(scalar, into: &scalars) }
    sortMarks(&scalars)
    return compose(scalars)
  }

  private struct Pair: Hashable {
    var first: Unicode.Scalar
    var second: Unicode.Scalar
  }

  private struct Tables {
    var parts: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    var wholes: [Pair: Unicode.Scalar] = [:]
  }

  /// Where characters with parts are; Hangul is computed.
  private static let blocks: [ClosedRange<UInt32>] = [
    0xc0...0x2fff, 0x3040...0x30ff, 0xf900...0xfb4f, 0x11000...0x11fff, 0x1d100...0x1d1ff,
    0x2f800...0x2fa1f,
  ]

  private static let tables: Tables = {
    var tables = Tables()
    for scalar in blocks.joined().compactMap(Unicode.Scalar.init) where isKnown(scalar) {
      let text = String(scalar)
      let parts = Array(text.decomposedStringWithCanonicalMapping.unicodeScalars)
      guard parts != [scalar] else { continue }
      tables.parts[scalar] = parts
      // Some are never composed; and all are composed of two, of which the first may be composed too.
      guard let last = parts.last, parts.count > 1,
        Array(text.precomposedStringWithCanonicalMapping.unicodeScalars) == [scalar]
      else { continue }
      var first = String.UnicodeScalarView()
      first.append(contentsOf: parts.dropLast())
      let whole = Array(String(first).precomposedStringWithCanonicalMapping.unicodeScalars)
      if whole.count == 1 { tables.wholes[Pair(first: whole[0], second: last)] = scalar }
    }
    return tables
  }()

  // Hangul syllables: 19 leading consonants, 21 vowels, 27 trailing consonants or none.
  private static let syllables: UInt32 = 0xac00
  private static let leading: UInt32 = 0x1100
  private static let vowels: UInt32 = 0x1161
  private static let trailing: UInt32 = 0x11a7

  private static func decompose(_ scalar: Unicode.Scalar, into result: inout [Unicode.Scalar]) {
    let value = scalar.value
    if value < 0xc0 {
      result.append(scalar)
    } else if (syllables..<syllables + 19 * 21 * 28).contains(value) {
      let index = value - syllables
      for part in [leading + index / 588, vowels + index % 588 / 28, trailing + index % 28]
      where part != trailing {
        if let part = Unicode.Scalar(part) { result.append(part) }
      }
    } else if let parts = tables.parts[scalar] {
      result.append(contentsOf: parts)
    } else {
      result.append(scalar)
    }
  }

  private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
    (scalar.properties.age?.major ?? .max) <= 9
  }

  private static func markClass(_ scalar: Unicode.Scalar) -> UInt8 {
    guard scalar.value >= 0x300 else { return 0 }
    let kind = scalar.properties.canonicalCombiningClass.rawValue
    return kind != 0 && isKnown(scalar) ? kind : 0
  }

  /// Sorts each run of marks by class; marks of one class keep their order.
  private static func sortMarks(_ scalars: inout [Unicode.Scalar]) {
    let classes = scalars.map(markClass)
    var start = 0
    while start < scalars.count {
      guard classes[start] != 0 else {
        start += 1
        continue
      }
      var end = start + 1
      while end < scalars.count, classes[end] != 0 { end += 1 }
      if end - start > 1 {
        let order = (start..<end).sorted { (classes[$0], $0) < (classes[$1], $1) }
        scalars.replaceSubrange(start..<end, with: order.map { scalars[$0] })
      }
      start = end
    }
  }

  /// Joins each character to the last starter, unless a mark between them is in the way.
  private static func compose(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(scalars.count)
    var starter: Int?
    var lastClass: UInt8 = 0
    for scalar in scalars {
      let kind = markClass(scalar)
      if let place = starter,
        place == result.count - 1 || lastClass != 0 && lastClass < kind,
        let whole = whole(result[place], scalar)
      {
        result[place] = whole
        continue
      }
      if kind == 0 { starter = result.count }
      lastClass = kind
      result.append(scalar)
    }
    return result
  }

  private static func whole(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    let (a, b) = (first.value, second.value)
    if (leading..<leading + 19).contains(a), (vowels..<vowels + 21).contains(b) {
      return Unicode.Scalar(syllables + ((a - leading) * 21 + b - vowels) * 28)
    }
    if (syllables..<syllables + 19 * 21 * 28).contains(a), (a - syllables) % 28 == 0,
      (trailing + 1..<trailing + 28).contains(b)
    {
      return Unicode.Scalar(a + b - trailing)
    }
    return tables.wholes[Pair(first: first, second: second)]
  }
}

extension String {
  /// In normal form C.
  var composed: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: CanonicalComposition.composed(Array(unicodeScalars)[...]))
    return String(view)
  }
}

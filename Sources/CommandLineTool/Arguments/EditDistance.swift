/// Fewest insertions, deletions, substitutions and swaps of neighbours that turn one word into
/// another (optimal string alignment).
///
/// Source: Damerau, "A technique for computer detection and correction of spelling errors", 1964.
package func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a)
  let b = Array(b)
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1] + [Int](repeating: 0, count: b.count)
    for j in b.indices {
      let substitution = last[j] + (a[i] == b[j] ? 0 : 1)
      row[j + 1] = min(substitution, last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
      }
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}

/// The candidate that a mistyped word most likely means; nil where none is close.
///
/// Close: at most a third of the word's letters differ, or the word is the start of one candidate.
package func likelyMeaning(of word: String, among candidates: [String]) -> String? {
  let started = candidates.filter { $0.hasPrefix(word) }
  if started.count == 1, word.count >= 3 { return started[0] }
  let nearest = candidates.min { editDistance(word, $0) < editDistance(word, $1) }
  guard let nearest, editDistance(word, nearest) <= max(1, (word.count + 1) / 3) else { return nil }
  return nearest
}

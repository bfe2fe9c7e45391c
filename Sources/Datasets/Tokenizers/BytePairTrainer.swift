/// Learns merges from texts, with merges restricted so that bare lower-case words stay spelled.
///
/// A merge must begin with a space or a capital letter. Words inside a sentence and at its start become
/// one token; an answer, encoded without a leading space, keeps one token for every letter.
enum BytePairTrainer {
  /// The most frequent pair first, ties in the order of their spellings, until `limit` merges are
  /// learnt or every word is one token as far as it may be.
  static func merges(for texts: [String], limit: Int) -> [BytePairTokenizer.Merge] {
    var words: [String: Int] = [:]
    for word in texts.flatMap(WordSplit.gpt2.words) { words[word, default: 0] += 1 }
    var corpus = words.map { word, count in
      (pieces: word.utf8.map { ByteAlphabet.spell([$0]) }, count: count)
    }
    var merges: [BytePairTokenizer.Merge] = []
    while merges.count < limit {
      var counts: [BytePairTokenizer.Merge: Int] = [:]
      for (pieces, count) in corpus {
        for (left, right) in zip(pieces, pieces.dropFirst()) where mayBegin(left) {
          counts[BytePairTokenizer.Merge(left, right), default: 0] += count
        }
      }
      let best = counts.max { a, b in
        a.value != b.value
          ? a.value < b.value : (a.key.left, a.key.right) > (b.key.left, b.key.right)
      }
      guard let merge = best?.key else { break }
      merges.append(merge)
      for i in corpus.indices { corpus[i].pieces = apply(merge, to: corpus[i].pieces) }
    }
    return merges
  }

  private static func mayBegin(_ piece: String) -> Bool {
    guard let first = piece.unicodeScalars.first else { return false }
    return first == ByteAlphabet.characters[0x20] || ("A"..."Z").contains(first)
  }

  private static func apply(_ merge: BytePairTokenizer.Merge, to pieces: [String]) -> [String] {
    var result: [String] = []
    var i = 0
    while i < pieces.count {
      if i + 1 < pieces.count, pieces[i] == merge.left, pieces[i + 1] == merge.right {
        result.append(merge.left + merge.right)
        i += 2
      } else {
        result.append(pieces[i])
        i += 1
      }
    }
    return result
  }
}

/// Sequences for a language model, laid end to end as rows.
package struct LanguageBatch: Sendable {
  /// Token of each row; −1 − k where the row is image row k.
  package var tokens: [Int32] = []
  /// Position of each row within its own sequence, from 0.
  package var positions: [Int32] = []
  package var segments: [Segment] = []
  /// Rows whose logits are wanted, ascending.
  package var outputRows: [Int32] = []
  /// The right next token of each output row; −1 where there is none.
  package var targets: [Int32] = []
  /// Image rows used so far.
  package private(set) var imageRows = 0

  package init() {}

  package var rows: Int { tokens.count }

  /// Appends the `count` next image rows as a segment that questions can share as their prefix.
  package mutating func appendImage(count: Int) -> Segment {
    let segment = Segment(start: rows, count: count)
    for i in 0..<count {
      tokens.append(Int32(-1 - imageRows - i))
      positions.append(Int32(i))
    }
    imageRows += count
    segments.append(segment)
    return segment
  }

  /// Appends prompt and answer after a prefix. Logits are wanted where the answer is predicted: at
  /// the prompt's last token and at every answer token but the last.
  package mutating func append(prompt: [Int32], answer: [Int32], prefix: Segment?) {
    let sequence = prompt + answer.dropLast()
    let offset = prefix?.count ?? 0
    segments.append(
      Segment(
        start: rows, count: sequence.count, prefixStart: prefix?.start ?? 0, prefixCount: offset))
    let first = rows + prompt.count - 1
    for (i, target) in answer.enumerated() {
      outputRows.append(Int32(first + i))
      targets.append(target)
    }
    tokens += sequence
    positions += (0..<sequence.count).map { Int32(offset + $0) }
  }

  /// Appends a whole sequence with logits wanted at every row.
  package mutating func append(sequence: [Int32], targets sequenceTargets: [Int32]) {
    segments.append(Segment(start: rows, count: sequence.count))
    outputRows += (0..<sequence.count).map { Int32(rows + $0) }
    targets += sequenceTargets
    positions += (0..<sequence.count).map { Int32($0) }
    tokens += sequence
  }
}

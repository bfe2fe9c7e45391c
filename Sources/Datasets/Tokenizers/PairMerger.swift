/// Joins neighbours of a word by the merges that were learnt, the first learnt first.
///
/// Of several places of the same merge the leftmost is first. Takes O(n log n) for n bytes, so that no
/// word of a hostile text is slow. Source: Sennrich et al., 2016; the order is that of Hugging Face's
/// `tokenizers`.
struct PairMerger: Sendable {
  struct Pair: Hashable {
    var left: Int32
    var right: Int32
  }

  struct Merged {
    var rank: Int
    var token: Int32
  }

  let merges: [Pair: Merged]

  /// Appends the tokens of a word that is spelled in tokens of single bytes.
  ///
  /// - Parameter isBarred: tokens that no merge may make, by id.
  func merge(_ word: [Int32], notMaking isBarred: [Bool]?, into result: inout [Int32]) {
    guard word.count > 1 else {
      result.append(contentsOf: word)
      return
    }
    var tokens = word
    let end = word.count
    // Neighbours by place; a place that has been joined to its left has length 0.
    var next = Array(1...end)
    var previous = Array(-1..<(end - 1))
    var joined = [Bool](repeating: false, count: end)
    var queue = CandidateQueue()
    func candidate(_ left: Int, _ right: Int) -> Candidate? {
      guard let merged = merges[Pair(left: tokens[left], right: tokens[right])],
        isBarred?[Int(merged.token)] != true
      else { return nil }
      return Candidate(rank: merged.rank, place: left, token: merged.token)
    }
    for left in 0..<(end - 1) {
      if let found = candidate(left, left + 1) { queue.push(found) }
    }
    while let best = queue.pop() {
      let left = best.place
      let right = next[left]
      // What was found may have been joined to something else since.
      guard !joined[left], right < end,
        merges[Pair(left: tokens[left], right: tokens[right])]?.token == best.token
      else { continue }
      tokens[left] = best.token
      joined[right] = true
      next[left] = next[right]
      if next[right] < end { previous[next[right]] = left }
      if previous[left] >= 0, let found = candidate(previous[left], left) { queue.push(found) }
      if next[left] < end, let found = candidate(left, next[left]) { queue.push(found) }
    }
    for place in 0..<end where !joined[place] { result.append(tokens[place]) }
  }
}

/// A merge that could be done.
private struct Candidate {
  var rank: Int
  var place: Int
  var token: Int32

  func precedes(_ other: Candidate) -> Bool {
    rank != other.rank ? rank < other.rank : place < other.place
  }
}

/// A binary heap with the first candidate on top.
private struct CandidateQueue {
  private var heap: [Candidate] = []

  mutating func push(_ candidate: Candidate) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> Candidate? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      guard least != parent else { return first }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}

import Kernels

/// Some sequences of a request that go through each block together.
struct PrefillTile {
  var batch = LanguageBatch()
  /// Where its rows start among those of all tiles.
  var firstRow: Int
  /// Where its image rows start among those of the request.
  var firstImageRow: Int
  /// Cache row of each segment's first key and value.
  var cacheStarts: [Int] = []

  init(firstRow: Int, firstImageRow: Int) {
    self.firstRow = firstRow
    self.firstImageRow = firstImageRow
  }

  /// Copies keys and values to the cache: columns `first` to `width` of `projected` [rows, width].
  func keep(_ projected: ConstFloats, width: Int, from first: Int, in cache: Floats) {
    let kept = width - first
    for (segment, cacheStart) in zip(batch.segments, cacheStarts) {
      for row in 0..<segment.count {
        (cache + (cacheStart + row) * kept).update(
          from: projected + (segment.start + row) * width + first, count: kept)
      }
    }
  }
}

/// Where one sequence keeps its keys and values.
struct SequenceSlot {
  /// First cache row of the sequence's own tokens, and how many are filled.
  var start: Int
  var filled: Int
  /// Cache rows of the image that it shares.
  var prefixStart: Int
  var prefixCount: Int
}

/// The sequences of a request, in tiles of whole groups.
struct TiledRequest {
  private(set) var tiles: [PrefillTile] = []
  /// Of every prompt, groups in order.
  private(set) var slots: [SequenceSlot] = []
  private(set) var cacheRows = 0

  /// - Parameters:
  ///   - newTokens: Cache rows that are kept free behind every prompt.
  ///   - tileRows: A tile that has so many rows takes no more groups.
  init(_ groups: [GenerationGroup], newTokens: Int, tileRows: Int) {
    var rows = 0
    var imageRows = 0
    for group in groups {
      if tiles.isEmpty || tiles[tiles.count - 1].batch.rows >= tileRows {
        tiles.append(PrefillTile(firstRow: rows, firstImageRow: imageRows))
      }
      rows += append(group, newTokens: newTokens)
      imageRows += group.imageRows
    }
  }

  /// To the last tile; returns its rows.
  private mutating func append(_ group: GenerationGroup, newTokens: Int) -> Int {
    let last = tiles.count - 1
    let before = tiles[last].batch.rows
    var prefix: Segment?
    let prefixStart = cacheRows
    if group.imageRows > 0 {
      prefix = tiles[last].batch.appendImage(count: group.imageRows)
      tiles[last].cacheStarts.append(cacheRows)
      cacheRows += group.imageRows
    }
    for prompt in group.prompts {
      // One target marks the last prompt row as the output row.
      tiles[last].batch.append(prompt: prompt, answer: [0], prefix: prefix)
      tiles[last].cacheStarts.append(cacheRows)
      slots.append(
        SequenceSlot(
          start: cacheRows, filled: prompt.count, prefixStart: prefixStart,
          prefixCount: group.imageRows))
      cacheRows += prompt.count + newTokens
    }
    return tiles[last].batch.rows - before
  }
}

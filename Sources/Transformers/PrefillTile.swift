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

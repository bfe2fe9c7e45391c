package import Artifacts
package import Kernels

/// A language model prepared for repeated inference: weights packed once.
package final class InferenceModel: Sendable {
  package let parameters: Parameters
  package let packed: PackedWeights

  package init(_ parameters: Parameters) {
    self.parameters = parameters
    packed = PackedWeights(parameters, training: false)
  }
}

/// One image's questions, as the generator takes them.
package struct GenerationGroup: Sendable {
  /// Image rows shared by the questions; 0 in a text-only request.
  package var imageRows: Int
  package var prompts: [[Int32]]

  package init(imageRows: Int, prompts: [[Int32]]) {
    self.imageRows = imageRows
    self.prompts = prompts
  }
}

/// Greedy generation with a key/value cache, on the calling thread.
package struct GreedyGenerator {
  private let model: InferenceModel
  private let layout: LanguageModelLayout
  private let parameters: ConstFloats
  private let arena: Arena
  private let team: WorkerTeam?

  /// - Parameter team: threads that share every product, for a request too small to be split.
  package init(_ model: InferenceModel, arena: Arena, team: WorkerTeam? = nil) {
    self.team = team
    self.model = model
    layout = model.parameters.layout.languageModel
    parameters = UnsafePointer(model.parameters.pointer)
    self.arena = arena
  }

  /// So many rows go through a block together: what it computes of them stays in a core's caches,
  /// and its weights are still used often enough where they come from further away.
  static let tileRows = 128

  /// Generates exactly `newTokens` tokens after every prompt, so that all models do the same work; with
  /// `endOfText`, a sequence ends with that token.
  ///
  /// `features` holds the groups' image rows one after another, [image rows, hidden]. Returns one
  /// list per prompt, groups in order. The caller guarantees that positions fit the model
  /// (`fits`). For timing, `onPrefill` is called between the phases and `onBlock` whenever rows have
  /// gone through a block; what they do must not touch the arena. `onLogits` is called with every new
  /// token's index, the prompts that have not ended, and the logits that their tokens were chosen
  /// from, [those prompts, vocabulary].
  package func generate(
    _ groups: [GenerationGroup], features: ConstFloats?, newTokens: Int, endOfText: Int32? = nil,
    onPrefill: () -> Void = {}, onBlock: () -> Void = {},
    onLogits: (_ token: Int, _ prompts: [Int], _ logits: ConstFloats) -> Void = { _, _, _ in }
  ) -> [[Int32]] {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    // A team shares the products of one small batch.
    let request = TiledRequest(
      groups, newTokens: newTokens, tileRows: team == nil ? Self.tileRows : .max)
    var slots = request.slots
    let widths = layout.blocks.map {
      $0.shape.attention.keyWidth + $0.shape.attention.valueWidth
    }
    // A single token is chosen from the prompts' own rows.
    let caches = newTokens > 1 ? widths.map { arena.floats(request.cacheRows * $0) } : []
    var going = Array(slots.indices)
    var next = prefill(request.tiles, features: features, caches: caches, onBlock: onBlock) {
      onLogits(0, going, $0)
    }
    onPrefill()
    var results = next.map { [$0] }
    for token in 1..<max(1, newTokens) {
      if let endOfText {
        let kept = going.indices.filter { next[$0] != endOfText }
        if kept.isEmpty { break }
        if kept.count < going.count {
          (next, slots, going) = (
            kept.map { next[$0] }, kept.map { slots[$0] }, kept.map { going[$0] }
          )
        }
      }
      let positions = slots.map { Int32($0.prefixCount + $0.filled) }
      next = decode(next, positions: positions, slots: slots, caches: caches, onBlock: onBlock) {
        onLogits(token, going, $0)
      }
      for i in slots.indices {
        slots[i].filled += 1
        results[going[i]].append(next[i])
      }
    }
    return results
  }

  /// Whether prompts and new tokens stay within the model's positions.
  package static func fits(
    _ shape: LanguageModelShape, imageRows: Int, promptTokens: Int, newTokens: Int
  ) -> Bool { imageRows + promptTokens + newTokens - 1 <= shape.maximumPositions }

  /// Runs all prompts, fills the caches, returns each sequence's first new token.
  private func prefill(
    _ tiles: [PrefillTile], features: ConstFloats?, caches: [Floats], onBlock: () -> Void,
    onLogits: (ConstFloats) -> Void
  ) -> [Int32] {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let hidden = layout.shape.hiddenSize
    let outputs = tiles.reduce(0) { $0 + $1.batch.outputRows.count }
    let gathered = arena.floats(outputs * hidden)
    let x = arena.floats(tiles.reduce(0) { $0 + $1.batch.rows } * hidden)
    let passes = tiles.map { tile in
      var pass = BlockPass(
        parameters: parameters, arena: arena, segments: tile.batch.segments,
        rows: tile.batch.rows, causal: true, keepsProbabilities: false, team: team,
        servesOnly: true)
      pass.setRotary(layout.shape.rotary, positions: tile.batch.positions)
      embedRows(
        tile.batch.tokens, positions: tile.batch.positions,
        features: features.map { $0 + tile.firstImageRow * hidden }, layout: layout,
        parameters: parameters, into: x + tile.firstRow * hidden)
      return pass
    }
    let wanted = tiles.map {
      layout.blocks.isEmpty
        ? nil : WantedRows($0.batch.outputRows, segments: $0.batch.segments, rows: $0.batch.rows)
    }
    for (index, block) in layout.blocks.enumerated() {
      let isLast = index == layout.blocks.count - 1
      for (number, tile) in tiles.enumerated() {
        let inner = arena.mark
        let rows = x + tile.firstRow * hidden
        let last = isLast ? wanted[number] : nil
        let result = passes[number].forward(
          block, x: rows, packed: model.packed.blocks[index], wanted: last, output: rows)
        if !caches.isEmpty {
          tile.keep(
            result.attention.query, width: block.queryKeyValue.outputs,
            from: block.shape.attention.queryWidth, in: caches[index])
        }
        if result.output != rows {
          rows.update(from: result.output, count: (last?.count ?? tile.batch.rows) * hidden)
        }
        arena.release(to: inner)
        onBlock()
      }
    }
    var target = gathered
    for (number, tile) in tiles.enumerated() {
      let rows = x + tile.firstRow * hidden
      for (i, row) in tile.batch.outputRows.enumerated() {
        target.update(from: rows + (wanted[number]?.places[i] ?? Int(row)) * hidden, count: hidden)
        target += hidden
      }
    }
    return mostProbable(gathered, rows: outputs, onLogits: onLogits)
  }

  /// One token of every sequence.
  private func decode(
    _ tokens: [Int32], positions: [Int32], slots: [SequenceSlot], caches: [Floats],
    onBlock: () -> Void, onLogits: (ConstFloats) -> Void
  ) -> [Int32] {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let rows = tokens.count
    let hidden = layout.shape.hiddenSize
    var pass = BlockPass(
      parameters: parameters, arena: arena, segments: [], rows: rows, causal: true,
      keepsProbabilities: false, team: team, servesOnly: true)
    pass.setRotary(layout.shape.rotary, positions: positions)
    let x = arena.floats(rows * hidden)
    embedRows(
      tokens, positions: positions, features: nil, layout: layout, parameters: parameters, into: x)
    for (index, block) in layout.blocks.enumerated() {
      let inner = arena.mark
      let result = pass.forward(block, x: x, packed: model.packed.blocks[index], output: x) {
        queries, width, context in
        attend(block, queries, width: width, slots: slots, cache: caches[index], into: context)
      }
      if result.output != x { x.update(from: result.output, count: rows * hidden) }
      arena.release(to: inner)
      onBlock()
    }
    return mostProbable(x, rows: rows, onLogits: onLogits)
  }

  /// Appends the new rows' keys and values to the cache, then attends over all of it.
  private func attend(
    _ block: BlockLayout, _ projected: Floats, width: Int, slots: [SequenceSlot], cache: Floats,
    into context: Floats
  ) {
    let shape = block.shape.attention
    let cacheWidth = shape.keyWidth + shape.valueWidth
    let geometry = AttentionGeometry(shape, causal: true)
    for (i, slot) in slots.enumerated() {
      let row = projected + i * width
      (cache + (slot.start + slot.filled) * cacheWidth).update(
        from: row + shape.queryWidth, count: cacheWidth)
      let prefix = cache + slot.prefixStart * cacheWidth
      let own = cache + slot.start * cacheWidth
      let hasPrefix = slot.prefixCount > 0
      attentionForward(
        geometry, queries: row, queryStride: width, queryCount: 1,
        prefixKeys: hasPrefix ? UnsafePointer(prefix) : nil,
        prefixValues: hasPrefix ? UnsafePointer(prefix + shape.keyWidth) : nil,
        prefixCount: slot.prefixCount, keys: own, values: own + shape.keyWidth,
        keyCount: slot.filled + 1, keyStride: cacheWidth, valueStride: cacheWidth,
        output: context + i * shape.outputWidth, outputStride: shape.outputWidth,
        probabilities: nil)
    }
  }

  /// Final norm, head, argmax (the lowest index on ties).
  private func mostProbable(_ x: Floats, rows: Int, onLogits: (ConstFloats) -> Void) -> [Int32] {
    let hidden = layout.shape.hiddenSize
    let vocabulary = layout.shape.vocabularySize
    var normed = x
    if let norm = layout.finalNorm {
      let pass = BlockPass(
        parameters: parameters, arena: arena, segments: [], rows: rows, causal: true,
        keepsProbabilities: false)
      normed = pass.norm(norm, x).output
    }
    let logits = arena.floats(rows * vocabulary)
    model.packed.head.forward.multiply(
      m: rows, x: normed, ldx: hidden, y: logits, ldy: vocabulary, team: team)
    onLogits(logits)
    return (0..<rows).map {
      Int32(indexOfMaximum(logits + $0 * vocabulary, count: vocabulary))
    }
  }
}

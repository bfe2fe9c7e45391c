package import Artifacts
package import Kernels

/// A language model prepared for repeated inference: weights packed once.
package final class InferenceModel: Sendable {
  package let parameters: Parameters
  let packed: PackedWeights

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

  /// Where one sequence keeps its keys and values.
  private struct Slot {
    /// First cache row of the sequence's own tokens, and how many are filled.
    var start: Int
    var filled: Int
    /// Cache rows of the image that it shares.
    var prefixStart: Int
    var prefixCount: Int
  }

  /// Generates exactly `newTokens` tokens after every prompt, so that all models do the same work; with
  /// `endOfText`, a sequence ends with that token.
  ///
  /// `features` holds the groups' image rows one after another, [image rows, hidden]. Returns one
  /// list per prompt, groups in order. The caller guarantees that positions fit the model
  /// (`fits`). `onPrefill` is called between the phases, for timing; `onLogits` with every new
  /// token's index, the prompts that have not ended, and the logits that their tokens were chosen
  /// from, [those prompts, vocabulary].
  package func generate(
    _ groups: [GenerationGroup], features: ConstFloats?, newTokens: Int, endOfText: Int32? = nil,
    onPrefill: () -> Void = {},
    onLogits: (_ token: Int, _ prompts: [Int], _ logits: ConstFloats) -> Void = { _, _, _ in }
  ) -> [[Int32]] {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    var batch = LanguageBatch()
    var slots: [Slot] = []
    var segmentSlots: [(segment: Segment, cacheStart: Int)] = []
    var cacheRows = 0
    for group in groups {
      var prefix: Segment?
      let prefixStart = cacheRows
      if group.imageRows > 0 {
        let segment = batch.appendImage(count: group.imageRows)
        segmentSlots.append((segment, cacheRows))
        cacheRows += group.imageRows
        prefix = segment
      }
      for prompt in group.prompts {
        let start = batch.rows
        // One target marks the last prompt row as the output row.
        batch.append(prompt: prompt, answer: [0], prefix: prefix)
        segmentSlots.append((Segment(start: start, count: prompt.count), cacheRows))
        slots.append(
          Slot(
            start: cacheRows, filled: prompt.count, prefixStart: prefixStart,
            prefixCount: group.imageRows))
        cacheRows += prompt.count + newTokens
      }
    }
    let widths = layout.blocks.map {
      $0.shape.attention.keyWidth + $0.shape.attention.valueWidth
    }
    let caches = widths.map { arena.floats(cacheRows * $0) }
    var going = Array(slots.indices)
    var next = prefill(batch, features: features, segments: segmentSlots, caches: caches) {
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
      next = decode(next, positions: positions, slots: slots, caches: caches) {
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
    _ batch: LanguageBatch, features: ConstFloats?, segments: [(segment: Segment, cacheStart: Int)],
    caches: [Floats], onLogits: (ConstFloats) -> Void
  ) -> [Int32] {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let hidden = layout.shape.hiddenSize
    var pass = BlockPass(
      parameters: parameters, arena: arena, segments: batch.segments, rows: batch.rows,
      causal: true, keepsProbabilities: false, team: team)
    pass.setRotary(layout.shape.rotary, positions: batch.positions)
    let x = arena.floats(batch.rows * hidden)
    embedRows(
      batch.tokens, positions: batch.positions, features: features, layout: layout,
      parameters: parameters, into: x)
    let wanted = WantedRows(batch.outputRows, segments: batch.segments, rows: batch.rows)
    for (index, block) in layout.blocks.enumerated() {
      let inner = arena.mark
      let last = index == layout.blocks.count - 1 ? wanted : nil
      let result = pass.forward(block, x: x, packed: model.packed.blocks[index], wanted: last)
      let width = block.queryKeyValue.outputs
      let queryWidth = block.shape.attention.queryWidth
      let cacheWidth = width - queryWidth
      for (segment, cacheStart) in segments {
        for i in 0..<segment.count {
          (caches[index] + (cacheStart + i) * cacheWidth).update(
            from: result.attention.query + (segment.start + i) * width + queryWidth,
            count: cacheWidth)
        }
      }
      x.update(from: result.output, count: (last?.count ?? batch.rows) * hidden)
      arena.release(to: inner)
    }
    let gathered = arena.floats(batch.outputRows.count * hidden)
    let places = layout.blocks.isEmpty ? nil : wanted?.places
    for (i, row) in batch.outputRows.enumerated() {
      (gathered + i * hidden).update(from: x + (places?[i] ?? Int(row)) * hidden, count: hidden)
    }
    return mostProbable(gathered, rows: batch.outputRows.count, onLogits: onLogits)
  }

  /// One token of every sequence.
  private func decode(
    _ tokens: [Int32], positions: [Int32], slots: [Slot], caches: [Floats],
    onLogits: (ConstFloats) -> Void
  ) -> [Int32] {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let rows = tokens.count
    let hidden = layout.shape.hiddenSize
    var pass = BlockPass(
      parameters: parameters, arena: arena, segments: [], rows: rows, causal: true,
      keepsProbabilities: false, team: team)
    pass.setRotary(layout.shape.rotary, positions: positions)
    let x = arena.floats(rows * hidden)
    embedRows(
      tokens, positions: positions, features: nil, layout: layout, parameters: parameters, into: x)
    for (index, block) in layout.blocks.enumerated() {
      let inner = arena.mark
      let result = pass.forward(block, x: x, packed: model.packed.blocks[index]) {
        queries, width, context in
        attend(block, queries, width: width, slots: slots, cache: caches[index], into: context)
      }
      x.update(from: result.output, count: rows * hidden)
      arena.release(to: inner)
    }
    return mostProbable(x, rows: rows, onLogits: onLogits)
  }

  /// Appends the new rows' keys and values to the cache, then attends over all of it.
  private func attend(
    _ block: BlockLayout, _ projected: Floats, width: Int, slots: [Slot], cache: Floats,
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

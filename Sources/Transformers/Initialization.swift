package import Artifacts

extension Parameters {
  /// Fills every tensor for training from scratch: normal weights of deviation `deviation`, gains 1,
  /// biases 0; projections back into the residual stream are scaled down by 1/√(2·blocks), as GPT-2
  /// does (Radford et al. 2019).
  package func initialize(
    using generator: inout SeededGenerator, deviation: Float = 0.02,
    where includes: (ParameterView) -> Bool = { _ in true }
  ) {
    let depth = Float(2 * max(1, layout.languageModel.blocks.count)).squareRoot()
    let languageResiduals = Set(
      layout.languageModel.blocks.flatMap {
        [$0.attentionOutput.weight, $0.feedForwardOutput.weight]
      }
    )
    let gains = Set(layout.normGains)
    for view in layout.table.views where includes(view) {
      let target = pointer(of: view)
      if gains.contains(view.offset) {
        target.update(repeating: 1, count: view.count)
      } else if view.shape.count == 1 {
        target.update(repeating: 0, count: view.count)
      } else {
        let scale = languageResiduals.contains(view.offset) ? deviation / depth : deviation
        for i in 0..<view.count { target[i] = Float(generator.normal()) * scale }
      }
    }
  }
}

extension ModelLayout {
  /// Offsets of all norm gains.
  var normGains: [Int] {
    var gains: [Int] = []
    func collect(_ blocks: [BlockLayout]) {
      for block in blocks {
        gains += [block.attentionNorm.gain, block.feedForwardNorm.gain]
        gains += [block.queryNorm, block.keyNorm].compactMap { $0?.gain }
        if let cross = block.cross { gains.append(cross.norm.gain) }
      }
    }
    collect(languageModel.blocks)
    if let norm = languageModel.finalNorm { gains.append(norm.gain) }
    if let vision {
      collect(vision.blocks)
      gains.append(vision.finalNorm.gain)
    }
    if let queryFormer {
      collect(queryFormer.blocks)
      gains.append(queryFormer.inputNorm.gain)
    }
    return gains
  }
}

import Artifacts
package import Datasets
package import Training
package import Transformers

/// A BLIP-2-like model small enough to train within a test.
package enum TinyModel {
  package static func make(seed: UInt64 = 1) -> Parameters {
    let shape = ModelShape(
      vision: BLIP2Family.vision(
        imageSize: 64, patchSize: 16, hiddenSize: 16, heads: 2, feedForwardWidth: 16, blocks: 1),
      queryFormer: BLIP2Family.queryFormer(
        queryCount: 2, hiddenSize: 16, heads: 2, feedForwardWidth: 16, blocks: 1,
        crossAttentionFrequency: 1, imageHiddenSize: 16),
      languageModel: OPTFamily.shape(
        vocabularySize: EmbeddedData.tokenizer.vocabularySize, maximumPositions: 64,
        uniform: UniformShape(
          blocks: 2, feedForwardWidth: 48, heads: 2, headSize: 16, hiddenSize: 32)))
    let model = Parameters(layout: ModelLayout(shape))
    var generator = SeededGenerator(seed: seed)
    model.initialize(using: &generator, deviation: 0.08)
    return model
  }

  package static func split(_ model: Parameters, creatives: Int, name: String = "train")
    -> PreparedSplit
  {
    let stream = EmbeddedData.stream(seed: 9)
    return PreparedSplit(
      name: name, creatives: (0..<creatives).map { stream.creative(at: $0) },
      tasks: EmbeddedData.tasks, processor: EmbeddedData.processor, model: model, threads: 2)
  }
}

/// A data set of a few advertisements from the embedded generator.
package func tinyDataset(train: Int = 24, validation: Int = 8, test: Int = 8) -> Dataset {
  let stream = EmbeddedData.stream(seed: 77)
  func creatives(_ range: Range<Int>) -> [Creative] { range.map { stream.creative(at: $0) } }
  return Dataset(
    name: "tiny", tasks: EmbeddedData.tasks, train: creatives(0..<train),
    validation: creatives(train..<(train + validation)),
    test: creatives((train + validation)..<(train + validation + test)))
}

package import Artifacts
import Transformers

/// Everything that decides the embedded teacher: its shape and how it is trained.
///
/// Recorded beside the shipped weights, so that `planner train` repeats it.
package struct TeacherRecipe: Codable, Sendable {
  package var seed: UInt64 = 20_231_204
  package var workers = 2
  package var imageSize = 64
  package var patchSize = 8
  package var visionHiddenSize = 96
  package var visionHeads = 3
  package var visionFeedForwardWidth = 192
  package var visionBlocks = 3
  package var queryCount = 8
  package var queryFormerBlocks = 1
  package var blocks = 12
  package var hiddenSize = 256
  package var heads = 8
  package var feedForwardWidth = 1024
  package var maximumPositions = 64
  /// Stage 1: encoder and Q-Former under auxiliary heads.
  package var visionImages = 320_000
  package var visionBatch = 64
  package var visionLearningRate = 1e-3
  package var visionWeightDecay = 0.02
  /// Stage 2: projection and language model on hard labels; five entries a creative.
  package var languageCreatives = 70_400
  package var languageBatch = 32
  package var languageLearningRate = 8e-4
  package var languageWeightDecay = 0.01
  /// Of all products; absent in records from before there was a choice, which are f32.
  package var precision: Precision?

  package init() {}

  package func shape(vocabularySize: Int) -> ModelShape {
    ModelShape(
      vision: BLIP2Family.vision(
        imageSize: imageSize, patchSize: patchSize, hiddenSize: visionHiddenSize,
        heads: visionHeads, feedForwardWidth: visionFeedForwardWidth, blocks: visionBlocks),
      queryFormer: BLIP2Family.queryFormer(
        queryCount: queryCount, hiddenSize: visionHiddenSize, heads: visionHeads,
        feedForwardWidth: visionFeedForwardWidth, blocks: queryFormerBlocks,
        crossAttentionFrequency: 1, imageHiddenSize: visionHiddenSize),
      languageModel: OPTFamily.shape(
        vocabularySize: vocabularySize, maximumPositions: maximumPositions,
        uniform: UniformShape(
          blocks: blocks, feedForwardWidth: feedForwardWidth, heads: heads,
          headSize: hiddenSize / heads, hiddenSize: hiddenSize)))
  }
}

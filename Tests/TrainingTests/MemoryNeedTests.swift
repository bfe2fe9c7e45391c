import Artifacts
import Datasets
import TestSupport
import Testing
import Training
import Transformers

@Suite struct MemoryNeedTests {
  private func llama(blocks: Int, hidden: Int) -> ModelShape {
    let block = BlockShape(
      hiddenSize: hidden,
      attention: AttentionShape(queryHeads: hidden / 128, headSize: 128, bias: false),
      feedForward: FeedForwardShape(
        width: hidden * 43 / 16, activation: .silu, gated: true, bias: false), norm: .rms)
    return ModelShape(
      languageModel: LanguageModelShape(
        family: .llama, vocabularySize: 32_000, maximumPositions: 2_048, learnedPositions: false,
        positionOffset: 0, hiddenSize: hidden, blocks: Array(repeating: block, count: blocks),
        tiedHead: false))
  }

  /// Seven billion weights of four bytes, several times over.
  @Test func aLargeModelNeedsManyTimesItsWeights() {
    let shape = llama(blocks: 32, hidden: 4_096)
    let need = MemoryNeed(shape, load: .assumed(shape), threads: 2)
    #expect((1.5e11...4e11).contains(need.profile))
    #expect((1.5e11...4e11).contains(need.execution))
  }

  @Test func moreThreadsImagesAndTextNeedMore() {
    let shape = llama(blocks: 2, hidden: 256)
    func need(threads: Int = 1, rows: Int = 100, images: Int = 10, pixels: Int = 0) -> Double {
      MemoryNeed(
        shape, load: .init(rows: rows, answerTokens: 10, images: images, pixelBytes: pixels),
        threads: threads
      ).execution
    }
    #expect(need(threads: 4) > need() && need(rows: 1_000) > need())
    #expect(need(images: 1_000) > need() && need(pixels: 1 << 30) > need() + 1e9)
  }

  @Test func theLoadIsTheLargestOfTheData() {
    let data = tinyDataset()
    let shape = TinyModel.make().layout.shape
    let load = MemoryNeed.Load(data, processor: EmbeddedData.processor, shape: shape)
    let image = data.train[0].image
    #expect(load.images == 40 && load.pixelBytes == 40 * 3 * image.width * image.height)
    let split = TinyModel.split(TinyModel.make(), creatives: 1)
    #expect(load.rows > split.questions[0].reduce(0) { $0 + $1.prompt.count })
    #expect(load.answerTokens >= split.longestAnswer)
  }
}

import Artifacts
import Foundation
import HardwareModels
import Testing

@Suite struct AnalyticalGPUTests {
  static let bert = BlockShape(
    hiddenSize: 768, attention: AttentionShape(queryHeads: 12, headSize: 64),
    feedForward: FeedForwardShape(width: 3_072, activation: .gelu), normPlacement: .after)

  /// FasterTransformer's bert_guide, A10, BERT-base: milliseconds.
  @Test(arguments: [
    (GPUPrecision.f16, 1, 32, 1.06), (.f16, 1, 128, 1.02), (.f16, 1, 384, 2.30),
    (.f16, 32, 32, 3.92), (.f16, 32, 128, 15.30), (.f16, 32, 384, 43.74),
    (.f32, 1, 384, 7.95), (.f32, 32, 384, 213.87), (.int8, 32, 384, 25.42),
  ])
  func isNearPublishedEncoderLatencies(
    precision: GPUPrecision, batch: Int, tokens: Int, milliseconds: Double
  ) throws {
    let gpu = try AnalyticalGPU(.a10, precision: precision)
    let time = gpu.encoder(block: Self.bert, count: 12, batch: batch, tokens: tokens).time
    let predicted = try #require(time.value).milliseconds
    #expect(abs(predicted / milliseconds - 1) < 0.25, "\(predicted) for \(milliseconds)")
    #expect(time.provenance == .modelled)
  }

  @Test func aSaturatedCardDrawsItsCapAtTheWall() throws {
    let gpu = try AnalyticalGPU(.a10)
    let expense = gpu.encoder(block: Self.bert, count: 12, batch: 32, tokens: 384)
    let watts = try #require(expense.energy.value).value / (try #require(expense.time.value)).value
    #expect((140...178).contains(watts), "\(watts)")
  }

  @Test func theFileForUsersIsTheBuiltInProfile() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "profiles/a10.json")
    let profile = try ArtifactCoding.decode(GPUProfile.self, from: try Data(contentsOf: url))
    #expect(profile == .a10)
    #expect(try Data(contentsOf: url) == ArtifactCoding.document(GPUProfile.a10))
  }

  @Test func everyParameterIsValidated() throws {
    try GPUProfile.a10.validate()
    var missing = GPUProfile.a10
    missing.parameters.removeAll { $0.parameter == .launchTime }
    let error = #expect(throws: HardwareModelError.self) { try missing.validate() }
    #expect(error?.description.contains("launchTime") == true)
    var crossed = GPUProfile.a10
    crossed.parameters[0].low = crossed.parameters[0].high * 2
    #expect(throws: HardwareModelError.self) { try AnalyticalGPU(crossed) }
    var version = GPUProfile.a10
    version.formatVersion = 9
    #expect(throws: HardwareModelError.self) { try version.validate() }
  }

  @Test(arguments: [
    (#""bandwidth""#, "memoryBandwidth"), ("", "whole file"), ("", "low"),
  ])
  func aBrokenFileNamesTheField(replacement: String, field: String) throws {
    var text = String(decoding: try ArtifactCoding.document(GPUProfile.a10), as: UTF8.self)
    switch field {
    case "memoryBandwidth": text.replace(#""memoryBandwidth""#, with: replacement)
    case "low": text.replace(#""low" : 0.48"#, with: #""low" : "a little""#)
    default: text = "{"
    }
    let error = #expect(throws: HardwareModelError.self) {
      try GPUProfile(json: Data(text.utf8), file: "mine.json")
    }
    #expect(error?.description.contains("mine.json") == true)
    #expect(error?.description.contains(field) == true, "\(String(describing: error))")
  }

  static let workload = Workload(
    name: "test", creatives: 32, questionsPerCreative: 5, promptTokens: 12, newTokens: 6, threads: 1
  )

  static func model(hidden: Int, heads: Int, width: Int, blocks: Int) -> ModelShape {
    let block = BlockShape(
      hiddenSize: hidden, attention: AttentionShape(queryHeads: heads, headSize: hidden / heads),
      feedForward: FeedForwardShape(width: width, activation: .relu))
    let vision = BlockShape(
      hiddenSize: 96, attention: AttentionShape(queryHeads: 3, headSize: 32),
      feedForward: FeedForwardShape(width: 384, activation: .gelu))
    var query = vision
    query.crossAttention = vision.attention
    query.memorySize = 96
    return ModelShape(
      vision: VisionShape(
        imageSize: 64, patchSize: 8, hiddenSize: 96, blocks: Array(repeating: vision, count: 3)),
      queryFormer: QFormerShape(queryCount: 8, hiddenSize: 96, blocks: [query]),
      languageModel: LanguageModelShape(
        vocabularySize: 512, maximumPositions: 64, hiddenSize: hidden,
        blocks: Array(repeating: block, count: blocks)))
  }

  @Test(arguments: [(256, 8, 1_024, 12), (4_096, 64, 16_384, 24)])
  func tablesReproduceTheWholeRequest(hidden: Int, heads: Int, width: Int, blocks: Int) throws {
    let model = Self.model(hidden: hidden, heads: heads, width: width, blocks: blocks)
    let costs = try AnalyticalGPU(.a10).hardwareCosts(model: model, workload: Self.workload)
    let original = try #require(model.languageModel.uniform)
    let table = try MeasuredCostTable(costs: costs, original: original)
    #expect(abs(table.timeCalibration - 1) < 0.02)
    #expect(abs(table.energyCalibration - 1) < 0.02)
    let phases = costs.phases.reduce(0) { $0 + ($1.cost.time.value?.value ?? 0) }
    #expect(abs(phases / (try #require(costs.request.time.value)).value - 1) < 1e-9)
    #expect(costs.request.time.provenance == .modelled)
    // A shape between the samples is predicted as the model itself computes it.
    let small = UniformShape(
      blocks: 3, feedForwardWidth: width * 5 / 16, heads: heads, headSize: hidden / heads * 5 / 8,
      hiddenSize: hidden * 5 / 8)
    var resized = model
    resized.languageModel = model.languageModel.resized(to: small)
    let exact = try AnalyticalGPU(.a10).hardwareCosts(model: resized, workload: Self.workload)
    let predicted = try #require(table.request(shape: small).time.value)
    let direct = try #require(exact.request.time.value)
    #expect(abs(predicted / direct - 1) < 0.15, "\(predicted) \(direct)")
  }

  @Test func launchesBindSmallModelsAndWidthsBindLargeOnes() throws {
    func time(_ hidden: Int, _ width: Int, _ blocks: Int) throws -> Double {
      let model = Self.model(hidden: hidden, heads: 8, width: width, blocks: blocks)
      let costs = try AnalyticalGPU(.a10).hardwareCosts(model: model, workload: Self.workload)
      return try #require(costs.request.time.value).value
    }
    // A launch-bound model gains from depth, next to nothing from width.
    #expect(try time(256, 512, 12) / (try time(256, 1_024, 12)) > 0.95)
    #expect(try time(256, 1_024, 6) / (try time(256, 1_024, 12)) < 0.65)
    #expect(try time(4_096, 8_192, 12) / (try time(4_096, 16_384, 12)) < 0.75)
  }
}

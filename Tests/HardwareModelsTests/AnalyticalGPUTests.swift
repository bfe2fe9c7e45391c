import Artifacts
import Foundation
import HardwareModels
import Testing

@Suite struct AnalyticalGPUTests {
  static let bert = BlockShape(
    hiddenSize: 768, attention: AttentionShape(queryHeads: 12, headSize: 64),
    feedForward: FeedForwardShape(width: 3_072, activation: .gelu), normPlacement: .after)

  static var a10: GPUProfile { get throws { try GPUProfile.builtIn("a10") } }

  @Test(arguments: ["a10", "a10g", "a100", "h100", "h200", "l4", "t4"])
  func shippedProfilesAreValidAndSayHowFarToTrustThem(name: String) throws {
    let profile = try GPUProfile.builtIn(name)
    #expect(profile.name == name)
    #expect(profile.confidence.contains("energy"))
    #expect(profile.parameters.allSatisfy { !$0.source.isEmpty })
  }

  @Test func anUnknownCardNamesTheKnownOnes() {
    let error = #expect(throws: HardwareModelError.self) { try GPUProfile.builtIn("a11") }
    #expect(error?.description.contains("a10, a100, a10g") == true)
  }

  /// Python dispatch costs more than hand-fused launches; TorchScript lies between.
  @Test func enginesDifferWhereLaunchesDecide() throws {
    func milliseconds(_ engine: GPUEngine, batch: Int) throws -> Double {
      let gpu = try AnalyticalGPU(try Self.a10, engine: engine)
      return try #require(
        gpu.encoder(block: Self.bert, count: 12, batch: batch, tokens: 384).time.value
      ).milliseconds
    }
    #expect(try milliseconds(.compiled, batch: 1) <= milliseconds(.fused, batch: 1))
    #expect(try milliseconds(.fused, batch: 1) < milliseconds(.traced, batch: 1))
    #expect(try milliseconds(.fused, batch: 32) == milliseconds(.fusedOperator, batch: 32))
    #expect(try milliseconds(.fused, batch: 32) < milliseconds(.traced, batch: 32))
    // The host hides behind the card at large batches.
    let small = try milliseconds(.eager, batch: 1) / milliseconds(.fused, batch: 1)
    let large = try milliseconds(.eager, batch: 32) / milliseconds(.fused, batch: 32)
    #expect(small > large)
  }

  /// The operator's own time is the host's: it shows where launches decide, and not where the card does.
  @Test func anOperatorCostsItsOwnTimeOncePerPass() throws {
    func seconds(_ engine: GPUEngine, _ work: (kernels: Double, busy: Double)) throws -> Double {
      var pass = GPUWork()
      pass.kernels = work.kernels
      pass.seconds = work.busy
      pass.passes = 1
      return pass.time(GPUConstants(try Self.a10, precision: .f16, engine: engine))
    }
    let own = try Self.a10.parameters.first { $0.parameter == .operatorTime }?.value
    let launches = try seconds(.fusedOperator, (100, 1e-5)) - seconds(.fused, (100, 1e-5))
    #expect(abs(launches - (try #require(own))) < 1e-12)
    #expect(try seconds(.fusedOperator, (100, 1)) == seconds(.fused, (100, 1)))
  }

  /// 49 half-precision scores are 98 bytes a row, which tensor cores cannot read; 48 are 96.
  @Test func unalignedScoresKeepAnUnfusedAttentionFromTheTensorCores() throws {
    func seconds(_ engine: GPUEngine, keys: Int) throws -> Double {
      let constants = GPUConstants(try Self.a10, precision: .f16, engine: engine)
      return GPUKernels(constants: constants).attention(
        sequences: 4_096, queries: keys, keys: keys, heads: 32, queryWidth: 4_096, valueWidth: 4_096
      ).seconds
    }
    let unfused = try seconds(.traced, keys: 49) / seconds(.traced, keys: 48)
    let fused = try seconds(.fused, keys: 49) / seconds(.fused, keys: 48)
    #expect(unfused > 1.3)
    #expect(fused < 1.06)
  }

  @Test func aSaturatedCardDrawsItsCapAtTheWall() throws {
    let gpu = try AnalyticalGPU(try Self.a10)
    let expense = gpu.encoder(block: Self.bert, count: 12, batch: 32, tokens: 384)
    let watts = try #require(expense.energy.value).value / (try #require(expense.time.value)).value
    #expect((140...178).contains(watts), "\(watts)")
  }

  @Test func profilesInTheRepositoryAreThoseThatShip() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "profiles/a10.json")
    let bytes = try Data(contentsOf: url)
    #expect(try GPUProfile(json: bytes, file: "a10.json") == Self.a10)
    #expect(try bytes == ArtifactCoding.document(Self.a10))
  }

  @Test func everyParameterIsValidated() throws {
    try Self.a10.validate()
    var missing = try Self.a10
    missing.parameters.removeAll { $0.parameter == .launchTime }
    let error = #expect(throws: HardwareModelError.self) { try missing.validate() }
    #expect(error?.description.contains("launchTime") == true)
    var crossed = try Self.a10
    crossed.parameters[0].low = crossed.parameters[0].high * 2
    #expect(throws: HardwareModelError.self) { try AnalyticalGPU(crossed) }
    var uncapped = try Self.a10
    for index in uncapped.parameters.indices
    where uncapped.parameters[index].parameter == .contextPower {
      uncapped.parameters[index].high = 200
    }
    let cap = #expect(throws: HardwareModelError.self) { try uncapped.validate() }
    #expect(cap?.description.contains("powerCap") == true)
    var version = try Self.a10
    version.formatVersion = 9
    #expect(throws: HardwareModelError.self) { try version.validate() }
    // A profile of an earlier version is told what it lacks.
    version.formatVersion = 3
    version.parameters.removeAll { $0.parameter == .eagerBlockTime }
    let earlier = #expect(throws: HardwareModelError.self) { try version.validate() }
    #expect(earlier?.description.contains("needs in addition: eagerBlockTime") == true)
  }

  /// In eager mode the host runs ahead of the card or waits for it: the slower of the two decides.
  @Test func theSlowerOfHostAndCardDecides() throws {
    let constants = GPUConstants(try Self.a10, precision: .f16, engine: .eager)
    var pass = GPUWork()
    pass.kernels = 100
    pass.eagerBlocks = 2
    pass.passes = 1
    let host =
      100 * constants[.eagerLaunchTime] + 2 * constants[.eagerBlockTime]
      + constants[.eagerPassTime]
    pass.seconds = host / 2
    #expect(pass.time(constants) == host)
    pass.seconds = host * 2
    #expect(pass.time(constants) == host * 2)
  }

  /// Work that takes more than the cap leaves beside the context takes longer, and draws the cap.
  @Test func aCardDoesNotOutrunItsPowerCap() throws {
    let constants = GPUConstants(try GPUProfile.builtIn("t4"), precision: .f32, engine: .fused)
    var work = GPUWork()
    work.operations = 1e13
    work.seconds = 0.5
    let free = constants[.powerCap] - constants[.contextPower]
    let needed = constants.operationEnergy * 1e13 / free
    try #require(needed > 0.5)
    #expect(abs(work.time(constants) / needed - 1) < 1e-12)
    #expect(abs(work.cardEnergy(constants) / (needed * constants[.powerCap]) - 1) < 1e-12)
    work.seconds = 2 * needed
    #expect(work.time(constants) == 2 * needed)
    #expect(work.cardEnergy(constants) < 2 * needed * constants[.powerCap])
  }

  /// Split-K fills a card that a product of few outputs would leave idle, and pays for its partial sums:
  /// the time grows less than the depth does, and never below the traffic of what is added up.
  @Test func deepProductsSplitTheirDepthAndPayForIt() throws {
    let constants = GPUConstants(try Self.a10, precision: .f16, engine: .fused)
    let kernels = GPUKernels(constants: constants)
    let shallow = kernels.gemm(256, 4_096, 4_096).seconds
    let deep = kernels.gemm(256, 4_096, 16_384).seconds
    #expect(deep < 4 * shallow)
    // 32 tiles of 128 × 256 on 72 multiprocessors: undivided, fewer than half of them would work.
    let undivided =
      2 * 256 * 4_096 * 16_384 / (constants.peak * constants[.gemmEfficiencyF16] * 32 / 72)
    #expect(deep < undivided)
    let whole = 2 * 256 * 4_096 * 16_384 / (constants.peak * constants[.gemmEfficiencyF16])
    #expect(deep > whole + 2 * 8 * 256 * 4_096 / constants.bandwidth)
  }

  /// Three matrices in place of two.
  @Test(arguments: [GPUEngine.fused, .traced, .eager])
  func aGatedFeedForwardMultipliesThreeMatrices(engine: GPUEngine) throws {
    func operations(gated: Bool) throws -> Double {
      let constants = GPUConstants(try Self.a10, precision: .f16, engine: engine)
      var block = Self.bert
      block.feedForward.gated = gated
      return GPUKernels(constants: constants)
        .encoderBlock(block, sequences: 8, tokens: 128).operations
    }
    let added = try operations(gated: true) - operations(gated: false)
    let matrix = Double(2 * 8 * 128 * 768 * 3_072)
    #expect(abs(added / matrix - 1) < 0.01)
  }

  @Test(arguments: [
    (#""bandwidth""#, "memoryBandwidth"), ("", "whole file"), ("", "low"),
  ])
  func aBrokenFileNamesTheField(replacement: String, field: String) throws {
    var text = String(decoding: try ArtifactCoding.document(try Self.a10), as: UTF8.self)
    switch field {
    case "memoryBandwidth": text.replace(#""memoryBandwidth""#, with: replacement)
    case "low": text.replace(#""low" : 0.4,"#, with: #""low" : "a little","#)
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
    let costs = try AnalyticalGPU(try Self.a10).hardwareCosts(model: model, workload: Self.workload)
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
    let exact = try AnalyticalGPU(try Self.a10).hardwareCosts(
      model: resized, workload: Self.workload)
    let predicted = try #require(table.request(shape: small).time.value)
    let direct = try #require(exact.request.time.value)
    #expect(abs(predicted / direct - 1) < 0.15, "\(predicted) \(direct)")
  }

  @Test func launchesBindSmallModelsAndWidthsBindLargeOnes() throws {
    func time(_ hidden: Int, _ width: Int, _ blocks: Int) throws -> Double {
      let model = Self.model(hidden: hidden, heads: 8, width: width, blocks: blocks)
      let costs = try AnalyticalGPU(try Self.a10).hardwareCosts(
        model: model, workload: Self.workload)
      return try #require(costs.request.time.value).value
    }
    // A launch-bound model gains from depth, next to nothing from width.
    #expect(try time(256, 512, 12) / (try time(256, 1_024, 12)) > 0.95)
    #expect(try time(256, 1_024, 6) / (try time(256, 1_024, 12)) < 0.65)
    #expect(try time(4_096, 8_192, 12) / (try time(4_096, 16_384, 12)) < 0.75)
  }
}

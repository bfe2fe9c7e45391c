import Artifacts
import Foundation
import GPUCalibration
import HardwareModels
import Testing

@Suite struct DecoderTests {
  static let header =
    "model,architecture,attention,precision,phase,blocks,heads,key_value_heads,head_size,products,kernels,"
    + "bytes,head,head_rows,stem_kernels,stem_bytes\n"
  /// Two blocks of hidden size 128: 3 products and 10 kernels each, 6 beside them and the head.
  static let line =
    "tiny,llama,sdpa,f16,decode,2,4,4,32,384x128 128x128 128x128,10,4000,1000x128,1,6,900\n"

  static func row(_ csv: String) throws -> PublishedMeasurement {
    let decoders = try Decoder.table(csv: csv)
    let columns =
      "source,card,engine,family,model,attention,precision,phase,batch,tokens,unit,value,set,note\n"
    let row = "s,a10g,eager,Llama,tiny,sdpa,f16,decode,1,288,ms,4.0,held-out,\n"
    return try #require(
      try PublishedMeasurement.table(csv: columns + row, decoders: decoders).first)
  }

  @Test func aStepLaunchesWhatWasCounted() throws {
    let row = try Self.row(Self.header + Self.line)
    let constants = GPUConstants(
      try GPUProfile.builtIn("a10g"), precision: .f16, engine: .eager)
    let work = row.work(GPUKernels(constants: constants))
    #expect(work.kernels == 2 * (3 + 10) + 6 + 1)
    #expect(work.eagerBlocks == 2)
    #expect(work.passes == 1)
    let products = 2 * (384 * 128 + 2 * 128 * 128) + 1_000 * 128
    #expect(work.operations >= Double(2 * products))
    // A model so small waits for its host: kernels, blocks and one pass.
    let host =
      33 * constants[.eagerLaunchTime] + 2 * constants[.eagerBlockTime]
      + constants[.eagerPassTime]
    #expect(work.time(constants) == host)
  }

  @Test func aPromptsLogitsAreOfTheLastTokenWhereTheModelCan() throws {
    let prefill = Self.line.replacing("decode", with: "prefill")
    func operations(_ line: String) throws -> Double {
      var row = try Self.row(Self.header + Self.line + line)
      let decoders = try Decoder.table(csv: Self.header + line)
      let decoder = try #require(decoders.values.first)
      row.phase = .prefill
      row.tokens = 256
      row.model = .decoder(decoder, name: "tiny")
      let constants = GPUConstants(
        try GPUProfile.builtIn("a10g"), precision: .f16, engine: .eager)
      return row.work(GPUKernels(constants: constants)).operations
    }
    let last = try operations(prefill)
    let all = try operations(prefill.replacing("1000x128,1,", with: "1000x128,256,"))
    #expect(all - last == Double(2 * 255 * 1_000 * 128))
  }

  @Test(arguments: [
    ("384x128", "384", "products"), ("384x128 128x128 128x128", "", "products"),
    (",10,", ",10000000,", "kernels"), ("1000x128", "0x128", "head"),
    (",2,4,4,", ",-2,4,4,", "blocks"),
    ("decode", "train", "phase"), (",4000,", ",many,", "bytes"),
  ])
  func aBrokenLineNamesItsColumn(good: String, bad: String, column: String) throws {
    let error = #expect(throws: MeasurementError.self) {
      try Decoder.table(csv: Self.header + Self.line.replacing(good, with: bad))
    }
    #expect(error?.description.contains("line 2, \(column)") == true)
  }

  @Test func aLineIsThereOnce() throws {
    let error = #expect(throws: MeasurementError.self) {
      try Decoder.table(csv: Self.header + Self.line + Self.line)
    }
    #expect(error?.description.contains("line 3, model") == true)
  }

  /// What was counted at batch 1 says nothing of other batches.
  @Test func eagerCallsOfOtherSizesAreRefused() throws {
    let decoders = try Decoder.table(csv: Self.header + Self.line)
    let columns =
      "source,card,engine,family,model,attention,precision,phase,batch,tokens,unit,value,set,note\n"
    let row = "s,a10g,eager,Llama,tiny,sdpa,f16,decode,8,288,ms,4.0,held-out,\n"
    #expect(throws: MeasurementError.self) {
      try PublishedMeasurement.table(csv: columns + row, decoders: decoders)
    }
  }

  /// The planner knows the shape of a block only: kernels and bytes that it derives, against those counted.
  @Test(arguments: [
    Shape("gpt2", 768, 12, 12, 64, 3_072, .gpt2),
    Shape("gpt2-large", 1_280, 20, 20, 64, 5_120, .gpt2),
    Shape("llama-7b", 4_096, 32, 32, 128, 11_008, .llama),
    Shape("llama-3-8b", 4_096, 32, 8, 128, 14_336, .llama),
    Shape("yi-6b", 4_096, 32, 4, 128, 11_008, .llama),
    Shape("mistral-7b", 4_096, 32, 8, 128, 14_336, .mistral),
    Shape("qwen1.5-1.8b", 2_048, 16, 16, 128, 5_504, .qwen2),
    Shape("qwen2-0.5b", 896, 14, 2, 64, 4_864, .qwen2),
  ])
  func eagerModeDispatchesWhatWasCounted(shape: Shape) throws {
    let decoders = try Decoder.table(csv: CalibrationTests.text("decoders.csv"))
    for phase in [PublishedMeasurement.Phase.decode, .prefill] {
      let counted = try #require(
        decoders[
          Decoder.Name(model: shape.name, attention: "sdpa", precision: .f16, phase: phase)])
      let overhead = EagerOverhead(
        shape.block, rows: phase == .decode ? 1 : 256, sequences: 1,
        keys: phase == .decode ? 288 : 256, isCached: phase == .decode,
        rotates: shape.family != .gpt2)
      // Mistral computes its angles in every block.
      #expect(abs(overhead.kernels / Double(counted.kernels) - 1) < 0.2, "\(shape) \(phase)")
      #expect(abs(2 * overhead.values / counted.bytes - 1) < 0.04, "\(shape) \(phase)")
    }
  }

  struct Shape: Sendable, CustomStringConvertible {
    var name: String
    var family: LanguageFamily
    var block: BlockShape
    var description: String { name }

    init(
      _ name: String, _ hidden: Int, _ heads: Int, _ shared: Int, _ size: Int, _ width: Int,
      _ family: LanguageFamily
    ) {
      self.name = name
      self.family = family
      let rotates = family != .gpt2
      block = BlockShape(
        hiddenSize: hidden,
        attention: AttentionShape(queryHeads: heads, keyValueHeads: shared, headSize: size),
        feedForward: FeedForwardShape(
          width: width, activation: rotates ? .silu : .geluTanh, gated: rotates),
        norm: rotates ? .rms : .layer)
    }
  }

  /// The planner knows a model's shape only; what eager mode dispatches for a published one was counted.
  /// Both say the same of a Llama-2-7B, and within 15 % of what was measured: 256 tokens in, 64 out.
  @Test(arguments: [("a10g", 93.5, 35.3), ("t4", 203.0, 59.0)])
  func aShapeCostsWhatWasCounted(card: String, prefill: Double, step: Double) throws {
    let block = BlockShape(
      hiddenSize: 4_096, attention: AttentionShape(queryHeads: 32, headSize: 128, bias: false),
      feedForward: FeedForwardShape(width: 11_008, activation: .silu, gated: true, bias: false),
      norm: .rms)
    let model = ModelShape(
      languageModel: LanguageModelShape(
        vocabularySize: 32_000, maximumPositions: 4_096, learnedPositions: false, hiddenSize: 4_096,
        blocks: Array(repeating: block, count: 32)))
    let workload = Workload(
      name: "llm-perf", creatives: 1, questionsPerCreative: 1, promptTokens: 256, newTokens: 64,
      threads: 1)
    let profile = try GPUProfile.builtIn(card)
    let planned = try #require(
      try AnalyticalGPU(profile, precision: .f16, engine: .eager)
        .request(model: model, workload: workload).time.value
    ).value
    let rows = try CalibrationTests.rows().filter {
      $0.card == card && $0.model.name == "llama-7b" && $0.attention == "sdpa" && $0.tokens > 200
    }
    func counted(_ phase: PublishedMeasurement.Phase) throws -> Double {
      let row = try #require(rows.first { $0.phase == phase })
      return Prediction(row, GPUConstants(profile, precision: .f16, engine: .eager)).time
    }
    let published = try counted(.prefill) + 63 * counted(.decode)
    #expect(abs(planned / published - 1) < 0.03, "\(planned) and \(published)")
    let measured = (prefill + 63 * step) / 1_000
    #expect(abs(planned / measured - 1) < 0.15, "\(planned) and \(measured)")
  }
}

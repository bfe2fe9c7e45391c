import Foundation
import GPUCalibration
import HardwareModels
import Testing

@Suite struct CalibrationTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ file: String) throws -> String {
    try String(contentsOf: root.appending(path: "Benchmarks/gpu/\(file)"), encoding: .utf8)
  }

  static func rows() throws -> [PublishedMeasurement] {
    try PublishedMeasurement.table(
      csv: text("measurements.csv"), decoders: Decoder.table(csv: text("decoders.csv")))
  }

  static func cards() throws -> [String: GPUProfile] {
    var cards: [String: GPUProfile] = [:]
    for name in GPUProfile.builtInNames { cards[name] = try GPUProfile.builtIn(name) }
    return cards
  }

  /// The committed profiles are what the committed rows give: fitting again moves nothing by 2 %.
  @Test func theShippedProfilesAreTheFit() throws {
    let cards = try Self.cards()
    let fitted = Calibration(rows: try Self.rows(), cards: cards).fitted()
    #expect(fitted.misfits.keys.sorted() == ["a10", "a100", "a10g", "h100", "l4", "t4"])
    for (name, card) in cards {
      let again = try #require(fitted.cards[name])
      for band in card.parameters {
        let ratio = again.band(band.parameter).value / band.value
        #expect(abs(ratio - 1) < 0.02, "\(name): \(band.parameter)")
      }
    }
  }

  @Test func theFitSeesCalibrationRowsOnly() throws {
    // Of FasterTransformer's tables and of LLM-Perf's.
    let names: Set = ["a10", "a100"]
    let cards = try Self.cards().filter { names.contains($0.key) }
    let rows = try Self.rows().filter { names.contains($0.card) }
    let fitted = Calibration(rows: rows, cards: cards).fitted().cards
    var disturbed = rows
    for index in disturbed.indices where disturbed[index].purpose != .calibration {
      disturbed[index].value *= 3
    }
    #expect(Calibration(rows: disturbed, cards: cards).fitted().cards == fitted)
    for index in disturbed.indices where disturbed[index].purpose == .calibration {
      disturbed[index].value *= 1.3
    }
    #expect(Calibration(rows: disturbed, cards: cards).fitted().cards != fitted)
  }

  /// What one card's table says reaches the cards that name it as their source, through another one too, and
  /// no other.
  @Test func fittedValuesAreCarriedOver() throws {
    var cards = try Self.cards().filter { ["a10", "l4", "a100", "h100"].contains($0.key) }
    let before = try #require(cards["h100"])
    for name in ["l4", "a100", "h100"] { cards[name]?.setValue(.tracedTraffic, 1.01) }
    let rows = try Self.rows().filter { $0.card == "a10" }
    let fitted = Calibration(rows: rows, cards: cards).fitted().cards
    let source = try #require(fitted["a10"]).band(.tracedTraffic).value
    #expect(source > 1.05)
    for name in ["l4", "a100", "h100"] {
      #expect(fitted[name]?.band(.tracedTraffic).value == source, "\(name)")
    }
    #expect(fitted["h100"]?.band(.gemmEfficiencyInt8) == before.band(.gemmEfficiencyInt8))
  }

  @Test func heldOutErrorsStayWithinTheTargets() throws {
    let table = try ErrorTable(try Self.rows(), cards: try Self.cards())
    let named = try #require(table.summary("named") { $0.purpose == .heldOut })
    #expect(named.meanError < 0.15)
    #expect(named.ninetiethPercentile < 0.30)
    #expect(named.naiveMeanError > 0.4)
    let encoders = try #require(
      table.summary("encoders") {
        $0.purpose == .heldOut && $0.phase == .encode && $0.engine != .traced
      })
    #expect(encoders.meanError < 0.12)
    #expect(try #require(encoders.rankCorrelation) >= 0.9)
    let all = try #require(
      table.summary("all") { Self.isHeldOut($0) && Self.isA10($0) })
    #expect(all.count > 150)
    #expect(all.meanError < 0.10)
    #expect(all.ninetiethPercentile < 0.20)
    #expect(all.coverage > 0.75)
    let decode = try #require(
      table.summary("decode") { Self.isHeldOut($0) && Self.isA10($0) && $0.phase == .decode })
    #expect(decode.meanError < 0.06)
    #expect(try #require(decode.rankCorrelation) >= 0.9)
    for (card, limit) in [("a100", 0.12), ("t4", 0.16), ("l4", 0.20)] {
      let other = try #require(
        table.summary(card) { Self.isHeldOut($0) && $0.card == card })
      #expect(other.meanError < limit, "\(card)")
      #expect(other.naiveMeanError > 0.35)
    }
    let fused = try #require(
      table.summary("all encoders") {
        Self.isHeldOut($0) && $0.phase == .encode && $0.engine != .traced
      })
    #expect(fused.meanError < 0.12)
    #expect(try #require(fused.rankCorrelation) >= 0.9)
  }

  static func isHeldOut(_ row: PublishedMeasurement) -> Bool {
    row.purpose == .heldOut || row.purpose == .heldOutAdded
  }

  static func isA10(_ row: PublishedMeasurement) -> Bool { ["a10", "a10g"].contains(row.card) }

  /// A planner ranks shapes of one kind of model: within the families that have enough configurations
  /// the order of what was held out is right. (Not among the prefills of Llama-7B, Llama-3-8B and Yi-6B.)
  @Test(arguments: [
    ("BERT-base", PublishedMeasurement.Phase.encode), ("BERT-base, TorchScript", .encode),
    ("Swin", .encode), ("Swin, TorchScript", .encode), ("BERT-large, MLPerf", .encode),
    ("GPT-Neo", .decode), ("GPT-Neo", .prefill), ("Llama", .decode), ("Mistral", .decode),
    ("Mistral", .prefill),
  ])
  func ranksWithinAFamilyHold(family: String, phase: PublishedMeasurement.Phase) throws {
    let table = try ErrorTable(try Self.rows(), cards: try Self.cards())
    let summary = try #require(
      table.summary(family) {
        Self.isHeldOut($0) && Self.isA10($0) && $0.family == family && $0.phase == phase
      })
    #expect(try #require(summary.rankCorrelation) >= 0.9)
  }

  /// 14 kernels of an unfused window attention's block, 10 of a fused one's in half precision, 12 in
  /// INT8: FasterTransformer 5.3, `SwinBlock.cc`, `WindowAttention.cc` and their INT8 twins.
  @Test(arguments: [(GPUPrecision.f16, 10.0), (.int8, 12), (.tf32, 14), (.f32, 14)])
  func aSwinBlockLaunchesWhatItsSourcesSay(precision: GPUPrecision, kernels: Double) throws {
    let constants = GPUConstants(
      try #require(try Self.cards()["a10"]), precision: precision, engine: .fused)
    var row = try #require(try Self.rows().first { $0.model.name == "swin-t" })
    row.precision = precision
    let tiny = row.work(GPUKernels(constants: constants)).kernels
    row.model = .encoder(.swinSmall)
    let small = row.work(GPUKernels(constants: constants)).kernels
    // The larger one has twelve blocks more, all alike.
    #expect((small - tiny) / 12 == kernels)
  }

  @Test func theSingleStreamPowerIsPredicted() throws {
    let table = try ErrorTable(try Self.rows(), cards: try Self.cards())
    let entry = try #require(
      table.entries.first { $0.row.unit == .watts && $0.row.purpose == .heldOut })
    #expect(entry.row.value == 94)
    #expect(abs(entry.error) < 0.15)
  }

  @Test func kendallsTauCountsPairs() throws {
    #expect(kendallTau([(1, 1), (2, 2), (3, 3)]) == 1)
    #expect(kendallTau([(1, 3), (2, 2), (3, 1)]) == -1)
    let mixed = try #require(kendallTau([(1, 1), (2, 3), (3, 2), (4, 4)]))
    #expect(abs(mixed - 4.0 / 6) < 1e-12)
    #expect(kendallTau([(1, 1), (2, 2)]) == nil)
    #expect(kendallTau([(1, 1), (1, 2), (1, 3)]) == nil)
  }

  @Test(arguments: [
    ("ms,4.0,held-out,", "ms,-4.0,held-out,", "value"), ("fused", "warm", "engine"),
    ("bert-base,,f16", "bert-base,,f8", "precision"), ("encode,8,", "encode,0,", "batch"),
    ("bert-base,,f16", "gpt-5,sdpa,f16", "model"),
  ])
  func aBrokenRowNamesLineAndColumn(good: String, bad: String, column: String) throws {
    let header =
      "source,card,engine,family,model,attention,precision,phase,batch,tokens,unit,value,set,note\n"
    let row = "\"a, b\",a10,fused,BERT,bert-base,,f16,encode,8,128,ms,4.0,held-out,\n"
    let parsed = try PublishedMeasurement.table(csv: header + row, decoders: [:])
    #expect(parsed.first?.source == "a, b")
    #expect(parsed.first?.seconds == 0.004)
    let error = #expect(throws: MeasurementError.self) {
      try PublishedMeasurement.table(
        csv: header + row.replacing(good, with: bad), decoders: [:])
    }
    #expect(error?.description.contains("line 2, \(column)") == true)
  }
}

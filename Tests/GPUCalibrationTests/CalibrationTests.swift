import Foundation
import GPUCalibration
import HardwareModels
import Testing

@Suite struct CalibrationTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func rows() throws -> [PublishedMeasurement] {
    let url = root.appending(path: "Benchmarks/gpu/measurements.csv")
    return try PublishedMeasurement.table(csv: String(contentsOf: url, encoding: .utf8))
  }

  static func cards() throws -> [String: GPUProfile] {
    var cards: [String: GPUProfile] = [:]
    for name in GPUProfile.builtInNames { cards[name] = try GPUProfile.builtIn(name) }
    return cards
  }

  /// The committed profile is what the committed rows give: fitting again moves nothing by 2 %.
  @Test func theShippedProfileIsTheFit() throws {
    let cards = try Self.cards()
    let shipped = try #require(cards["a10"])
    let fitted = Calibration(rows: try Self.rows(), cards: cards).fit(shipped)
    for prior in Calibration.priors {
      let ratio = fitted.band(prior.parameter).value / shipped.band(prior.parameter).value
      #expect(abs(ratio - 1) < 0.02, "\(prior.parameter)")
    }
  }

  @Test func theFitSeesCalibrationRowsOnly() throws {
    let cards = try Self.cards()
    let shipped = try #require(cards["a10"])
    let rows = try Self.rows()
    let fitted = Calibration(rows: rows, cards: cards).fit(shipped)
    var disturbed = rows
    for index in disturbed.indices where disturbed[index].purpose != .calibration {
      disturbed[index].value *= 3
    }
    #expect(Calibration(rows: disturbed, cards: cards).fit(shipped) == fitted)
    for index in disturbed.indices where disturbed[index].purpose == .calibration {
      disturbed[index].value *= 1.3
    }
    #expect(Calibration(rows: disturbed, cards: cards).fit(shipped) != fitted)
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
    let decode = try #require(
      table.summary("decode") { $0.purpose == .heldOut && $0.phase == .decode })
    #expect(decode.meanError < 0.15)
    let all = try #require(
      table.summary("all") { $0.purpose == .heldOut || $0.purpose == .heldOutAdded })
    #expect(all.meanError < 0.15)
    #expect(all.ninetiethPercentile < 0.30)
    let fused = try #require(
      table.summary("all encoders") {
        ($0.purpose == .heldOut || $0.purpose == .heldOutAdded) && $0.phase == .encode
          && $0.engine != .traced
      })
    #expect(fused.meanError < 0.12)
    #expect(try #require(fused.rankCorrelation) >= 0.9)
  }

  /// 14 kernels of an unfused window attention's block, 10 of a fused one's in half precision, 12 in
  /// INT8: FasterTransformer 5.3, `SwinBlock.cc`, `WindowAttention.cc` and their INT8 twins.
  @Test(arguments: [(GPUPrecision.f16, 10.0), (.int8, 12), (.tf32, 14), (.f32, 14)])
  func aSwinBlockLaunchesWhatItsSourcesSay(precision: GPUPrecision, kernels: Double) throws {
    let constants = GPUConstants(
      try #require(try Self.cards()["a10"]), precision: precision, engine: .fused)
    var row = try #require(try Self.rows().first { $0.model == .swinTiny })
    row.precision = precision
    let tiny = row.work(GPUKernels(constants: constants)).kernels
    row.model = .swinSmall
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
    ("bert-base,f16", "bert-base,f8", "precision"), ("encode,8,", "encode,0,", "batch"),
  ])
  func aBrokenRowNamesLineAndColumn(good: String, bad: String, column: String) throws {
    let header =
      "source,card,engine,family,model,precision,phase,batch,tokens,unit,value,set,note\n"
    let row = "\"a, b\",a10,fused,BERT,bert-base,f16,encode,8,128,ms,4.0,held-out,\n"
    let parsed = try PublishedMeasurement.table(csv: header + row)
    #expect(parsed.first?.source == "a, b")
    #expect(parsed.first?.seconds == 0.004)
    let error = #expect(throws: MeasurementError.self) {
      try PublishedMeasurement.table(csv: header + row.replacing(good, with: bad))
    }
    #expect(error?.description.contains("line 2, \(column)") == true)
  }
}

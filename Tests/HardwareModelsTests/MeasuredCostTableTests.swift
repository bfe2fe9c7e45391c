import Artifacts
import HardwareModels
import Testing

@Suite struct MeasuredCostTableTests {
  static let original = UniformShape(
    blocks: 12, feedForwardWidth: 1_024, heads: 8, headSize: 32, hiddenSize: 256)

  static func expense(_ seconds: Double) -> Expense {
    Expense(
      time: .measured(
        Seconds(seconds), low: Seconds(seconds * 0.9), high: Seconds(seconds * 1.1),
        source: "clock"),
      energy: .modelled(Joules(seconds * 5), source: "power model"))
  }

  static func blockSeconds(_ hidden: Int, _ attention: Int, _ width: Int) -> Double {
    1e-9 * Double(4 * hidden * attention + 2 * hidden * width)
  }

  /// The profiler's cross design; `noise` multiplies the samples' times in turn.
  static func costs(noise: [Double] = [1], request: Double? = nil) -> HardwareCosts {
    var turn = 0
    func next() -> Double {
      turn += 1
      return noise[turn % noise.count]
    }
    var blocks: [BlockCostSample] = []
    var stem: [StemCostSample] = []
    for hidden in [256, 224, 192, 160, 128] {
      for (heads, width) in [(8, 1_024), (8, 768), (8, 512), (8, 256), (4, 512)] {
        let time = blockSeconds(hidden, heads * hidden / 8, width) * next()
        blocks.append(
          BlockCostSample(
            hiddenSize: hidden, heads: heads, headSize: hidden / 8, feedForwardWidth: width,
            prefill: expense(time * 0.6), decode: expense(time * 0.4)))
      }
      stem.append(
        StemCostSample(
          hiddenSize: hidden, prefill: expense(1e-6 * Double(hidden)),
          decode: expense(2e-6 * Double(hidden))))
    }
    let sum = 0.005 + 3e-6 * 256 + 12 * blockSeconds(256, 256, 1_024)
    return HardwareCosts(
      name: "build", description: "test", request: expense(request ?? sum),
      phases: [
        RequestPhaseCost(phase: .vision, cost: expense(0.004)),
        RequestPhaseCost(phase: .queryFormer, cost: expense(0.001)),
      ], blocks: blocks, stem: stem, activePower: .unavailable("test"),
      idlePower: .unavailable("test"))
  }

  @Test(arguments: [
    UniformShape(blocks: 3, feedForwardWidth: 512, heads: 8, headSize: 16, hiddenSize: 128),
    UniformShape(blocks: 7, feedForwardWidth: 640, heads: 8, headSize: 32, hiddenSize: 256),
    UniformShape(blocks: 5, feedForwardWidth: 896, heads: 8, headSize: 24, hiddenSize: 192),
    UniformShape(blocks: 5, feedForwardWidth: 400, heads: 8, headSize: 26, hiddenSize: 208),
    UniformShape(blocks: 5, feedForwardWidth: 512, heads: 8, headSize: 16, hiddenSize: 256),
  ])
  func interpolatesAKnownCost(shape: UniformShape) throws {
    let table = try MeasuredCostTable(costs: Self.costs(), original: Self.original)
    #expect(abs(table.timeCalibration - 1) < 1e-9)
    let expected =
      0.005 + 3e-6 * Double(shape.hiddenSize) + Double(shape.blocks)
      * Self.blockSeconds(shape.hiddenSize, shape.attentionWidth, shape.feedForwardWidth)
    let request = table.request(shape: shape)
    let predicted = try #require(request.time.value).value
    #expect(abs(predicted / expected - 1) < 0.01)
    #expect(abs(try #require(request.energy.value).value / (5 * expected) - 1) < 0.01)
    let low = try #require(request.time.low)
    let high = try #require(request.time.high)
    #expect(low < Seconds(predicted) && Seconds(predicted) < high)
    let phases = table.phases(shape: shape)
    #expect(phases.map(\.phase) == [.vision, .queryFormer, .prefill, .decode])
    let sum = phases.reduce(0) { $0 + ($1.cost.time.value?.value ?? 0) }
    #expect(abs(sum - predicted) < 1e-12)
    #expect(abs(table.point(shape).time.value - predicted) < 1e-12)
  }

  @Test func theOriginalCostsWhatWasMeasured() throws {
    let costs = Self.costs(request: 0.02)
    let table = try MeasuredCostTable(costs: costs, original: Self.original)
    #expect(table.request(shape: Self.original) == costs.request)
    #expect(abs(table.point(Self.original).time.value - 0.02) < 1e-12)
    #expect(table.timeCalibration < 1.0 || table.timeCalibration > 1.0)
  }

  @Test(arguments: [[1.0], [1, 1.3, 0.8, 1.1, 0.7, 1.25, 0.9]])
  func neverFallsWhereAWidthGrows(noise: [Double]) throws {
    let table = try MeasuredCostTable(costs: Self.costs(noise: noise), original: Self.original)
    func time(_ hidden: Int, _ attention: Int, _ width: Int) -> Double {
      table.block(hiddenSize: hidden, attentionWidth: attention, feedForwardWidth: width).time.value
    }
    for hidden in stride(from: 32, through: 256, by: 16) {
      for width in stride(from: 64, to: 1_024, by: 32) {
        let here = time(hidden, hidden, width)
        #expect(here > 0)
        #expect(here <= time(hidden, hidden, width + 32) + 1e-15)
        #expect(time(hidden, hidden / 2, width) <= here + 1e-15)
      }
    }
    for hidden in stride(from: 32, to: 256, by: 32) {
      #expect(table.base(hiddenSize: hidden).time <= table.base(hiddenSize: hidden + 32).time)
    }
  }

  @Test func intervalsWidenOutsideTheSamples() throws {
    let table = try MeasuredCostTable(costs: Self.costs(), original: Self.original)
    func relativeWidth(_ shape: UniformShape) throws -> Double {
      let time = table.request(shape: shape).time
      let high = try #require(time.high)
      let low = try #require(time.low)
      return (high - low) / (try #require(time.value))
    }
    let inside = UniformShape(
      blocks: 12, feedForwardWidth: 256, heads: 8, headSize: 16, hiddenSize: 128)
    let outside = UniformShape(
      blocks: 12, feedForwardWidth: 64, heads: 8, headSize: 8, hiddenSize: 64)
    #expect(try relativeWidth(inside) < 0.2)
    #expect(try relativeWidth(outside) > (try relativeWidth(inside)))
  }

  @Test func emptyTablesAreRefused() {
    var costs = Self.costs()
    costs.blocks = []
    #expect(throws: HardwareModelError.self) {
      try MeasuredCostTable(costs: costs, original: Self.original)
    }
  }

  @Test func isotonicFitPoolsViolators() {
    #expect(isotonic([1, 3, 2, 4]) == [1, 2.5, 2.5, 4])
    #expect(isotonic([3, 2, 1]) == [2, 2, 2])
    #expect(isotonic([1, 2, 3]) == [1, 2, 3])
  }
}

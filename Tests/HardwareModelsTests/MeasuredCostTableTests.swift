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

  /// Attention works on whole vectors of 8 beside its projections, and every head costs something
  /// whatever its size.
  static func blockSeconds(_ block: BlockWidths) -> Double {
    let attention = 4 * block.hiddenSize * block.heads * block.headSize
    let core = 20_000 * block.heads * ((block.headSize + 7) / 8) + 15_000 * block.heads
    let feedForward = 2 * block.hiddenSize * block.feedForwardWidth
    return 1e-9 * Double(attention + core + feedForward + 40 * block.hiddenSize)
  }

  /// Embedding and head, and a last block that computes a third of the rows.
  static func firstSeconds(_ block: BlockWidths) -> Double {
    3e-6 * Double(block.hiddenSize) + 0.45 * blockSeconds(block)
      + 1e-9 * Double(block.hiddenSize * block.heads * block.headSize)
  }

  static func requestSeconds(_ blocks: [BlockWidths]) -> Double {
    0.005 + blocks.dropLast().reduce(0) { $0 + blockSeconds($1) }
      + (blocks.last.map(firstSeconds) ?? 0)
  }

  /// The profiler's design; `noise` multiplies the samples' times in turn.
  static func costs(noise: [Double] = [1], request: Double? = nil) -> HardwareCosts {
    var turn = 0
    var blocks: [BlockCostSample] = []
    func sample(_ hidden: Int, _ heads: Int, _ size: Int, _ width: Int) {
      turn += 1
      let widths = BlockWidths(
        hiddenSize: hidden, heads: heads, headSize: size, feedForwardWidth: width)
      let block = blockSeconds(widths) * noise[turn % noise.count]
      let first = firstSeconds(widths) * noise[turn % noise.count]
      blocks.append(
        BlockCostSample(
          hiddenSize: hidden, heads: heads, headSize: size, feedForwardWidth: width,
          prefill: expense(block * 0.6), decode: expense(block * 0.4),
          firstPrefill: expense(first * 0.3), firstDecode: expense(first * 0.7)))
    }
    for hidden in [256, 192, 128, 64, 32] {
      for width in [1_024, 384, 64] { sample(hidden, 8, hidden / 8, width) }
    }
    for hidden in [256, 64] {
      for size in stride(from: 4, through: 32, by: 4) where size * 8 != hidden {
        sample(hidden, 8, size, 64)
      }
      sample(hidden, 4, 32, 64)
    }
    let whole = requestSeconds(
      Array(repeating: BlockWidths(original), count: original.blocks))
    return HardwareCosts(
      name: "build", description: "test", request: expense(request ?? whole),
      phases: [
        RequestPhaseCost(phase: .vision, cost: expense(0.004)),
        RequestPhaseCost(phase: .queryFormer, cost: expense(0.001)),
      ], blocks: blocks, activePower: .unavailable("test"), idlePower: .unavailable("test"))
  }

  @Test(arguments: [
    UniformShape(blocks: 3, feedForwardWidth: 512, heads: 8, headSize: 16, hiddenSize: 128),
    UniformShape(blocks: 7, feedForwardWidth: 640, heads: 8, headSize: 32, hiddenSize: 256),
    UniformShape(blocks: 5, feedForwardWidth: 896, heads: 8, headSize: 24, hiddenSize: 192),
    UniformShape(blocks: 5, feedForwardWidth: 416, heads: 8, headSize: 28, hiddenSize: 224),
    UniformShape(blocks: 5, feedForwardWidth: 512, heads: 8, headSize: 16, hiddenSize: 256),
    UniformShape(blocks: 1, feedForwardWidth: 128, heads: 8, headSize: 12, hiddenSize: 96),
    UniformShape(blocks: 2, feedForwardWidth: 64, heads: 8, headSize: 20, hiddenSize: 160),
    UniformShape(blocks: 4, feedForwardWidth: 256, heads: 3, headSize: 32, hiddenSize: 96),
    UniformShape(blocks: 9, feedForwardWidth: 800, heads: 4, headSize: 28, hiddenSize: 112),
  ])
  func interpolatesAKnownCost(shape: UniformShape) throws {
    let table = try MeasuredCostTable(costs: Self.costs(), original: Self.original)
    #expect(abs(table.timeCalibration - 1) < 1e-9)
    let expected = Self.requestSeconds(
      Array(repeating: BlockWidths(shape), count: shape.blocks))
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

  /// Blocks of their own widths, the cheaper last one in its place.
  @Test(arguments: [224, 160, 96])
  func interpolatesBlocksThatDiffer(hidden: Int) throws {
    let table = try MeasuredCostTable(costs: Self.costs(), original: Self.original)
    let widths = [(4, 928), (28, 64), (12, 352), (20, 160), (hidden / 8, 704)].map {
      BlockWidths(hiddenSize: hidden, heads: 8, headSize: $0.0, feedForwardWidth: $0.1)
    }
    for blocks in [widths, widths.reversed(), [widths[2]], widths + widths] {
      let expected = Self.requestSeconds(blocks)
      let predicted = try #require(table.request(blocks: blocks)?.time.value).value
      #expect(abs(predicted / expected - 1) < 0.01)
    }
    #expect(table.request(blocks: []) == nil)
  }

  /// A uniform model is the same by blocks, apart from the intervals.
  @Test func equalBlocksAreAUniformModel() throws {
    let table = try MeasuredCostTable(costs: Self.costs(), original: Self.original)
    let shape = UniformShape(
      blocks: 6, feedForwardWidth: 224, heads: 8, headSize: 12, hiddenSize: 96)
    let blocks = Array(repeating: BlockWidths(shape), count: shape.blocks)
    let (one, other) = (table.request(shape: shape), table.request(blocks: blocks))
    let value = try #require(one.time.value).value
    #expect(abs(value - (try #require(other?.time.value).value)) < 1e-12)
    #expect(abs(try #require(one.time.low).value - (try #require(other?.time.low).value)) < 1e-12)
  }

  @Test func theOriginalCostsWhatWasMeasured() throws {
    let costs = Self.costs(request: 0.02)
    let table = try MeasuredCostTable(costs: costs, original: Self.original)
    #expect(table.request(shape: Self.original) == costs.request)
    #expect(abs(table.point(Self.original).time.value - 0.02) < 1e-12)
    #expect(table.timeCalibration < 1.0 || table.timeCalibration > 1.0)
  }

  @Test(arguments: [[1.0], [1, 1.3, 0.8, 1.1, 0.7, 1.25, 0.9], [1, 0.5, 1.7]])
  func neverFallsWhereAWidthGrows(noise: [Double]) throws {
    let table = try MeasuredCostTable(costs: Self.costs(noise: noise), original: Self.original)
    // Every grid step in every dimension, also outside the samples.
    func isNoCheaper(_ wide: BlockWidths, _ narrow: BlockWidths) -> Bool {
      table.block(narrow).time.value <= table.block(wide).time.value + 1e-12
        && table.first(narrow).time.value <= table.first(wide).time.value + 1e-12
    }
    var falls: [(BlockWidths, BlockWidths)] = []
    for hidden in stride(from: 16, through: 320, by: 16) {
      for size in [2, 4, 10, 12, 18, 30, 32, 36] {
        for width in [32, 64, 200, 384, 700, 1_024, 1_152] {
          let here = BlockWidths(
            hiddenSize: hidden, heads: 6, headSize: size, feedForwardWidth: width)
          #expect(table.block(here).time > .zero)
          #expect(table.first(here).time > .zero)
          for grow in [\BlockWidths.hiddenSize, \.heads, \.headSize, \.feedForwardWidth] {
            var wider = here
            wider[keyPath: grow] += 2
            if !isNoCheaper(wider, here) { falls.append((here, wider)) }
          }
        }
      }
    }
    let example = falls.first.map { "\($0)" } ?? "none"
    #expect(falls.isEmpty, "\(falls.count) falls, such as \(example)")
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
      blocks: 12, feedForwardWidth: 32, heads: 8, headSize: 2, hiddenSize: 16)
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

  /// A profile without curves over head sizes divides its samples by weights.
  @Test func aSingleSampleIsATable() throws {
    var costs = Self.costs()
    costs.blocks = [costs.blocks[0]]
    let table = try MeasuredCostTable(costs: costs, original: Self.original)
    var widths = BlockWidths(Self.original)
    let whole = table.block(widths).time
    widths.headSize = 16
    let half = table.block(widths).time
    #expect(half < whole && half > whole * 0.5)
  }

  @Test func isotonicFitPoolsViolators() {
    #expect(isotonic([1, 3, 2, 4]) == [1, 2.5, 2.5, 4])
    #expect(isotonic([3, 2, 1]) == [2, 2, 2])
    #expect(isotonic([1, 2, 3]) == [1, 2, 3])
  }
}

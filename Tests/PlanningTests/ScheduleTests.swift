import Artifacts
import Planning
import Testing

@Suite struct ScheduleTests {
  static let original = UniformShape(
    blocks: 12, feedForwardWidth: 1_024, heads: 8, headSize: 32, hiddenSize: 256)
  static let finals = [
    UniformShape(blocks: 3, feedForwardWidth: 256, heads: 8, headSize: 16, hiddenSize: 128),
    UniformShape(blocks: 12, feedForwardWidth: 64, heads: 8, headSize: 32, hiddenSize: 256),
    UniformShape(blocks: 1, feedForwardWidth: 1_024, heads: 8, headSize: 32, hiddenSize: 256),
    UniformShape(blocks: 11, feedForwardWidth: 992, heads: 5, headSize: 28, hiddenSize: 140),
    UniformShape(blocks: 2, feedForwardWidth: 96, heads: 3, headSize: 12, hiddenSize: 36),
  ]

  @Test(arguments: finals, [0.6, 0.45, 0.3, 0])
  func movesShrinkInOrderAndEndInTheFinalShape(final: UniformShape, ratio: Double) {
    let moves = Schedule.moves(from: Self.original, to: final, ratio: ratio)
    #expect(moves.first?.from == Self.original)
    #expect(moves.last?.to == final)
    let order: [PruningStage] = [.blocks, .interModule, .inputOutput]
    let stages = moves.compactMap { order.firstIndex(of: $0.stage) }
    #expect(stages == stages.sorted())
    for (move, next) in zip(moves, moves.dropFirst()) { #expect(move.to == next.from) }
    for move in moves {
      #expect(move.to != move.from)
      #expect(move.to.blocks <= move.from.blocks)
      #expect(move.to.feedForwardWidth <= move.from.feedForwardWidth)
      #expect(move.to.heads <= move.from.heads)
      #expect(move.to.headSize <= move.from.headSize)
      #expect(move.to.hiddenSize <= move.from.hiddenSize)
      if move.stage != .blocks { #expect(move.to.blocks == final.blocks) }
      if move.stage != .inputOutput { #expect(move.to.hiddenSize == Self.original.hiddenSize) }
      if move.stage == .inputOutput {
        #expect(move.to.attentionWidth == final.attentionWidth)
        #expect(move.to.feedForwardWidth == final.feedForwardWidth)
      }
    }
  }

  @Test func blocksGoInFewSteps() {
    let moves = Schedule.moves(from: Self.original, to: Self.finals[0], ratio: 0.6)
    #expect(moves.filter { $0.stage == .blocks }.map(\.to.blocks) == [7, 4, 3])
    #expect(moves.filter { $0.stage == .interModule }.count == 3)
    #expect(moves.filter { $0.stage == .inputOutput }.count == 2)
  }

  @Test func ratioZeroIsOneStepPerStage() {
    let moves = Schedule.moves(from: Self.original, to: Self.finals[0], ratio: 0)
    #expect(moves.map(\.stage) == [.blocks, .interModule, .inputOutput])
  }

  @Test(arguments: [25.0, 40, 90, 360, 3_600])
  func epochsFitTheBudget(seconds: Double) throws {
    var request = PlanRequest(latency: Seconds(milliseconds: 9))
    request.compressionTime = Seconds(seconds)
    let plan: PlanRecord
    do {
      plan = try makePlan(
        profile: SimulatedProfile().profile, profileReference: simulatedReference,
        request: request)
    } catch {
      guard case .compressionTooShort(_, let needed) = error else { throw error }
      #expect(needed > Seconds(seconds))
      return
    }
    let time = try #require(plan.compression.time.value)
    #expect(time <= Seconds(seconds))
    // What is left does not pay another epoch of the final shape: the budget is used.
    if seconds > 100 { #expect(time > Seconds(seconds * 0.9)) }
    #expect(plan.schedule.allSatisfy { $0.epochs >= 1 })
    #expect(plan.schedule.map(\.index) == Array(1...plan.schedule.count))
    #expect(plan.schedule.last?.to == plan.final.shape)
    let last = try #require(plan.schedule.last?.epochs)
    #expect(plan.schedule.dropLast().allSatisfy { $0.epochs <= last || seconds < 100 })
  }

  /// A small budget pays for fewer altered views, and a plan says how many it took.
  @Test func budgetBoundsTheViews() throws {
    var profile = SimulatedProfile().profile
    profile.model.shape.vision = VisionShape(
      imageSize: 64, patchSize: 8, hiddenSize: 32, blocks: [])
    var views: [Int] = []
    for seconds in [90.0, 360, 36_000] {
      var request = PlanRequest(latency: Seconds(milliseconds: 9))
      request.compressionTime = Seconds(seconds)
      request.settings.teacherViews = 8
      let plan = try makePlan(
        profile: profile, profileReference: simulatedReference, request: request)
      views.append(plan.settings.teacherViews)
      #expect(try #require(plan.compression.time.value) <= Seconds(seconds))
    }
    #expect(views[0] < views[1] || views[1] < views[2])
    #expect(views == views.sorted())
    #expect(views[2] == 8)
  }
}

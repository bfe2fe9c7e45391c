import Artifacts
import Testing

@Suite struct AnswerAbilityTests {
  private func record(_ correct: Int, of total: Int = 100) -> AccuracyRecord {
    AccuracyRecord(
      split: "validation", tasks: [.init(name: "all", correct: correct, total: total)])
  }

  @Test func aModelThatAnswersIsAccepted() {
    #expect(obstacleOfOriginal(record(30), chance: Accuracy(0.25)) == nil)
    // As good as one constant answer is not below it.
    #expect(obstacleOfOriginal(record(25), chance: Accuracy(0.25)) == nil)
    #expect(obstacleOfOriginal(record(1), chance: nil) == nil)
  }

  @Test func whatShowsNothingIsNot() throws {
    #expect(obstacleOfOriginal(record(0), chance: nil)?.contains("none of the 100") == true)
    #expect(obstacleOfOriginal(record(0, of: 0), chance: nil) != nil)
    let chance = try #require(obstacleOfOriginal(record(20), chance: Accuracy(0.25)))
    #expect(chance.contains("20 of 100") && chance.contains("25"))
    #expect(obstacleOfOriginal(record(90), chance: nil, isFinite: false) != nil)
  }

  /// A fall of just what is allowed holds the floor, however differences are rounded.
  @Test(arguments: [(0.8, 0.1, 0.7), (0.4, 0.05, 0.35), (0.95, 0.05, 0.9)])
  func aFallOfJustTheDropHolds(original: Double, drop: Double, reached: Double) throws {
    let target = PlanTarget(
      latency: Seconds(1), annualEnergy: nil, compressionEnergy: nil, requestsPerYear: 1,
      powerUsageEffectiveness: 1, hardware: "build", maximumAccuracyDrop: Accuracy(drop))
    let floor = try #require(target.accuracyFloor(original: Accuracy(original)))
    #expect(Accuracy(reached) >= floor && Accuracy(reached - 1e-6) < floor)
    #expect(target.accuracyFloor(original: Accuracy(drop)) == nil)
  }

  /// A floor at or below zero is broken by nothing.
  @Test func aFloorThatNothingBreaks() {
    #expect(record(5).obstacleOfFloor(maximumDrop: Accuracy(0.05)) != nil)
    #expect(record(6).obstacleOfFloor(maximumDrop: Accuracy(0.05)) == nil)
  }
}

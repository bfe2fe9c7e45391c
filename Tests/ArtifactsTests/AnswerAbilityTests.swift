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

  /// A floor at or below zero is broken by nothing.
  @Test func aFloorThatNothingBreaks() {
    #expect(record(5).obstacleOfFloor(maximumDrop: Accuracy(0.05)) != nil)
    #expect(record(6).obstacleOfFloor(maximumDrop: Accuracy(0.05)) == nil)
  }
}

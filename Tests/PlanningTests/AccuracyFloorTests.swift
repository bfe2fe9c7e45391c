import Artifacts
import Planning
import Testing

/// What a plan refuses because of what the compressed model would know.
@Suite struct AccuracyFloorTests {
  private func plan(
    _ change: (inout ProfileRecord) -> Void = { _ in },
    request: (inout PlanRequest) -> Void = { _ in }
  ) throws(PlanningError) -> PlanRecord {
    var profile = SimulatedProfile().profile
    change(&profile)
    var wanted = PlanRequest(latency: Seconds(milliseconds: 12))
    request(&wanted)
    return try makePlan(
      profile: profile, profileReference: simulatedReference, request: wanted)
  }

  private func original(_ correct: Int) -> (inout ProfileRecord) -> Void {
    { profile in
      profile.sensitivity?.original.tasks[0].correct = correct
      profile.answers = [AnsweredQuestion(prompt: "Q Answer:", expected: "blue", answer: "zz")]
      profile.chance = Accuracy(0.1)
    }
  }

  @Test func anOriginalThatCannotAnswerIsRefused() throws {
    for correct in [0, 99] {
      let error = try #require(throws: PlanningError.self) { try plan(original(correct)) }
      #expect(!error.isInfeasible)
      #expect(error.description.contains("\"Q Answer:\"") && error.description.contains("\"zz\""))
      #expect(error.description.contains("--allow-failing-original"))
    }
    let accepted = try plan(original(0)) { $0.allowsFailingOriginal = true }
    #expect(accepted.target.allowsFailingOriginal == true)
    #expect(accepted.notes[0].contains("--allow-failing-original"))
    #expect(try plan().target.allowsFailingOriginal == nil)
  }

  @Test func aFloorThatNothingCouldBreakIsRefused() throws {
    let error = try #require(throws: PlanningError.self) {
      try plan(original(120)) { $0.maximumAccuracyDrop = Accuracy(0.2) }
    }
    #expect(error.description.contains("--max-accuracy-drop"))
  }

  /// A step may lose what the whole compression may.
  @Test(arguments: [(0.02, 0.25), (0.4, 0.4)])
  func theToleranceOfAStep(drop: Double, tolerance: Double) throws {
    let plan = try plan(request: {
      $0.maximumAccuracyDrop = Accuracy(drop)
      $0.latency = Seconds(1)
    })
    #expect(plan.settings.tolerance == tolerance)
  }

  @Test func theFloorIsInThePlan() throws {
    let plan = try plan()
    #expect(plan.target.maximumAccuracyDrop == Accuracy(0.05))
    #expect(plan.notes.contains { $0.contains("must not fall below 0.92") })
  }

  /// The nearest feasible values that a refusal names are feasible.
  @Test func anAccuracyOutOfReachNamesWhatIsNear() throws {
    func request(_ change: @escaping (inout PlanRequest) -> Void) -> (inout PlanRequest) -> Void {
      {
        $0.latency = Seconds(milliseconds: 5)
        change(&$0)
      }
    }
    let error = try #require(throws: PlanningError.self) { try plan(request: request { _ in }) }
    guard case .accuracyOutOfReach(let floor, let best, let drop, let target?) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.isInfeasible && best < floor)
    #expect(error.description.contains("accuracy binds"))
    _ = try plan(request: request { $0.maximumAccuracyDrop = drop })
    let milliseconds = try #require(Double(target.dropFirst("--target-ms ".count)))
    _ = try plan(request: request { $0.latency = Seconds(milliseconds: milliseconds) })
  }
}

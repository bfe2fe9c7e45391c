import Artifacts
import Planning
import Testing

/// What a plan and a refusal say.
@Suite struct PlanMessageTests {
  private func plan(
    _ profile: ProfileRecord = SimulatedProfile().profile, milliseconds: Double = 12,
    _ change: (inout PlanRequest) -> Void = { _ in }
  ) throws -> PlanRecord {
    var request = PlanRequest(latency: Seconds(milliseconds: milliseconds))
    change(&request)
    return try makePlan(profile: profile, profileReference: simulatedReference, request: request)
  }

  @Test func warningsOfTheProfileAreRepeated() throws {
    var profile = SimulatedProfile().profile
    profile.warnings = ["the machine was too noisy", "profiled with --quick"]
    let notes = try plan(profile).notes
    for warning in profile.warnings {
      #expect(notes.contains { $0.contains(warning) })
    }
    #expect(notes.count == (try plan().notes.count) + 2)
  }

  /// A speed-up is an exact target: its refusal speaks of speed-ups, and the nearest one is feasible.
  @Test func anInfeasibleRatioNamesTheNearestRatio() throws {
    let original = SimulatedProfile().seconds(SimulatedProfile().original)
    func plan(ratio: Double) throws -> PlanRecord {
      try self.plan(milliseconds: original / ratio * 1_000) { $0.speedUp = ratio }
    }
    let error = try #require(throws: PlanningError.self) { try plan(ratio: 100) }
    guard case .infeasibleRatio(let asked, let largest, let nearest) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(asked == 100 && nearest < largest && error.isInfeasible)
    #expect(error.description.contains("no shape meets --target-ratio 100: the smallest one is"))
    #expect(error.description.contains("nearest feasible target: --target-ratio"))
    #expect(!error.description.contains("--target-ms"))
    _ = try plan(ratio: nearest)
    #expect(throws: PlanningError.self) { try plan(ratio: nearest * 1.03) }
    #expect(throws: PlanningError.self) { try plan(ratio: 1e308) }
  }

  @Test func aLimitThatIsNotUsedDoesNotBind() throws {
    // Accuracy that does not rise with size: the smallest probe was the best.
    var profile = SimulatedProfile().profile
    let probes = profile.sensitivity?.probes.count ?? 0
    for index in 0..<probes {
      profile.sensitivity?.probes[index].accuracy.tasks[0].correct = 999
    }
    for annual in [nil, KilowattHours(1e6)] {
      let plan = try plan(profile, milliseconds: 900) { $0.annualEnergy = annual }
      let notes = plan.notes.filter { $0.contains("bind") }
      #expect(plan.final.shape == plan.original.shape || notes.count == 1)
      #expect(notes.allSatisfy { $0.hasPrefix("No limit binds: the plan uses") })
      #expect(notes.allSatisfy { $0.contains("sees none that is better") })
    }
    let bound = try self.plan(milliseconds: 12) { $0.annualEnergy = KilowattHours(1e6) }
    #expect(bound.notes.contains { $0.hasPrefix("Annual energy does not bind, latency implies") })
  }

  /// The energy limit shuts out the original; what is best within it is far from both limits.
  @Test func aBetterShapeBeyondTheLimitIsNamed() throws {
    var simulated = SimulatedProfile()
    simulated.joulesPerFeedForwardUnit = 0.001
    var profile = simulated.profile
    for index in 0..<(profile.sensitivity?.probes.count ?? 0) {
      let blocks = profile.sensitivity?.probes[index].shape.blocks ?? 0
      // Less depth is worth more than more depth, down to the original's neighbours.
      profile.sensitivity?.probes[index].accuracy.tasks[0].correct = blocks < 6 ? 969 : 100
    }
    let whole = simulated.joules(simulated.original)
    let plan = try plan(profile, milliseconds: 900) {
      $0.annualEnergy = annualEnergy(
        perRequest: Joules(whole * 0.97), requestsPerYear: $0.requestsPerYear,
        powerUsageEffectiveness: $0.powerUsageEffectiveness)
    }
    let used = simulated.joules(plan.final.shape) / (whole * 0.97)
    let note = try #require(plan.notes.first { $0.contains("bind") })
    #expect(note.hasPrefix(used < 0.9 ? "No limit binds" : "Annual energy binds"))
    #expect(used >= 0.9 || note.contains("the next better one"))
  }

  /// No number in a plan or a refusal is infinite, whatever was asked.
  @Test(arguments: [Double.leastNonzeroMagnitude, 1e-300, 1e-30, 1e11, 1e12, 1e13, 1e300, 1.7e308])
  func everyNumberIsFinite(value: Double) throws {
    let changes: [(inout PlanRequest) -> Void] = [
      { $0.latency = Seconds(milliseconds: value) }, { $0.annualEnergy = KilowattHours(value) },
      { $0.compressionEnergy = KilowattHours(value) }, { $0.requestsPerYear = value },
      {
        $0.requestsPerYear = value
        $0.annualEnergy = KilowattHours(5)
      },
    ]
    for change in changes {
      var texts: [String] = []
      do {
        texts = try plan(milliseconds: 12, change).notes
      } catch let error as PlanningError {
        texts = [error.description]
      }
      for text in texts {
        let words = text.split { !$0.isLetter }
        #expect(!words.contains { $0 == "inf" || $0 == "nan" }, "\(text)")
      }
    }
  }

  @Test func costsBeyondTheRangeOfNumbersAreRefused() throws {
    var simulated = SimulatedProfile()
    simulated.secondsPerWeight = 1e303
    let error = try #require(throws: PlanningError.self) { try plan(simulated.profile) }
    #expect(!error.description.contains("inf "))
  }
}

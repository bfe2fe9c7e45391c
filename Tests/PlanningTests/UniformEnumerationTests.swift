import Artifacts
import HardwareModels
import Planning
import Testing

@Suite struct UniformEnumerationTests {
  /// Compares the strategy with a loop that asks the public functions about every shape.
  @Test(
    arguments: [0.006, 0.009, 0.012, 0.018],
    [(true, 0, 1), (false, 0, 1.0), (true, 2e-4, 0.6), (false, 2e-4, 0.6)])
  func equalsBruteForce(
    limit: Double, machine: (probes: Bool, secondsPerHead: Double, lastBlock: Double)
  ) throws {
    let probes = machine.probes
    var simulated = SimulatedProfile()
    simulated.original = UniformShape(
      blocks: 4, feedForwardWidth: 256, heads: 2, headSize: 16, hiddenSize: 32)
    simulated.secondsPerWeight = 1.5e-7
    simulated.secondsPerHead = machine.secondsPerHead
    simulated.lastBlockShare = machine.lastBlock
    simulated.joulesPerFeedForwardUnit = 2e-4
    simulated.probes = probes
    let profile = simulated.profile
    let cost = try MeasuredCostTable(costs: profile.hardware[0], original: simulated.original)
    let budget = DistillationBudget(
      time: Seconds(100), cost: profile.sensitivity?.distillation, data: profile.data,
      batchCreatives: 32, views: 0)
    let forecast = profile.sensitivity.flatMap {
      AccuracyForecast(sensitivity: $0, original: simulated.original, budget: budget)
    }
    #expect((forecast != nil) == probes)
    let problem = PlanningProblem(
      space: SearchSpace(original: simulated.original),
      languageModel: profile.model.shape.languageModel, cost: cost, latencyLimit: Seconds(limit),
      energyLimit: Joules(limit * 10 + 0.05),
      objective: forecast.map { .accuracy($0) } ?? .leastCompression)

    var best: (shape: UniformShape, penalty: Double, latency: Seconds)?
    var compared = 0
    for attention in problem.space.attentions.indices {
      for width in problem.space.feedForwardWidths.indices {
        for blocks in 1...simulated.original.blocks {
          compared += 1
          let shape = problem.space.shape(blocks: blocks, width: width, attention: attention)
          let point = cost.point(shape)
          guard problem.isFeasible(point) else { continue }
          let penalty = problem.penalty(shape)
          if let known = best,
            (known.penalty, known.latency.value) <= (penalty, point.time.value)
          {
            continue
          }
          best = (shape, penalty, point.time)
        }
      }
    }
    let result = UniformEnumeration().search(problem)
    #expect(result.best == best?.shape)
    #expect(result.compared == compared)
  }

  @Test func plansALargeArchitectureInSeconds() throws {
    var simulated = SimulatedProfile()
    simulated.original = UniformShape(
      blocks: 80, feedForwardWidth: 32_768, heads: 64, headSize: 128, hiddenSize: 8_192)
    simulated.secondsPerWeight = 1e-12
    simulated.probes = false
    let request = PlanRequest(
      latency: Seconds(simulated.seconds(simulated.original) * 0.3 + 0.05))
    let clock = ContinuousClock()
    var plan: PlanRecord?
    let elapsed = try clock.measure {
      plan = try makePlan(
        profile: simulated.profile, profileReference: simulatedReference, request: request)
    }
    #expect(plan?.schedule.last?.to == plan?.final.shape)
    #expect(elapsed < .seconds(5))
  }
}

import Artifacts
import Execution
import Planning

extension PlanReviser {
  /// The planner, asked again about a plan with the profile that the plan was made from.
  ///
  /// - Parameter profile: Read when a revision is asked for; where that fails there is none.
  init(_ plan: PlanRecord, profile: @escaping @Sendable () throws -> ProfileRecord) {
    let allows = LoadableShapes.allowed(by: plan)
    self.init(
      latencyMargin: PlanningConstants.latencyMargin, roomShare: PlanningConstants.roomShare,
      worthwhileGain: PlanningConstants.worthwhileGain,
      mostRehearsals: PlanningConstants.mostRehearsals
    ) { basis, start in
      let profile = try profile()
      guard let start else {
        return try Planning.revise(plan, profile: profile, basis: basis, allows: allows)
      }
      return try Planning.repair(plan, profile: profile, basis: basis, from: start, allows: allows)
    }
  }
}

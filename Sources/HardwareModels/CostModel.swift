package import Artifacts

/// Predicts latency and energy of one request of a workload at any uniform language-model shape.
///
/// Every model here is affine in depth: request = base(hidden) + blocks · block(widths), where the
/// base holds the vision encoder, the Q-Former and the language model's stem. Strategies rely on it.
package protocol CostModel: Sendable {
  /// Name of the hardware, as in the profile.
  var name: String { get }
  /// False where the hardware's energy is unknown; every energy is then zero or unavailable.
  var predictsEnergy: Bool { get }
  /// One request, with intervals: what plans publish.
  func request(shape: UniformShape) -> Expense
  /// One request by phase; sums to `request`.
  func phases(shape: UniformShape) -> [RequestPhaseCost]
  /// What one block of these widths adds to a request, without interval: what searches compare.
  func block(hiddenSize: Int, attentionWidth: Int, feedForwardWidth: Int) -> CostPoint
  /// What a request costs without any block at one hidden size, without interval.
  func base(hiddenSize: Int) -> CostPoint
}

extension CostModel {
  /// One request without interval; equals the values of `request`.
  package func point(_ shape: UniformShape) -> CostPoint {
    let block = block(
      hiddenSize: shape.hiddenSize, attentionWidth: shape.attentionWidth,
      feedForwardWidth: shape.feedForwardWidth)
    return base(hiddenSize: shape.hiddenSize) + block * Double(shape.blocks)
  }
}

/// Time and energy without interval or provenance, for arithmetic inside searches only.
package struct CostPoint: Hashable, Sendable {
  package var time: Seconds
  package var energy: Joules

  package init(time: Seconds, energy: Joules) {
    self.time = time
    self.energy = energy
  }

  package static func + (left: Self, right: Self) -> Self {
    .init(time: left.time + right.time, energy: left.energy + right.energy)
  }

  package static func * (left: Self, right: Double) -> Self {
    .init(time: left.time * right, energy: left.energy * right)
  }
}

/// What stops a hardware model from being built.
package enum HardwareModelError: Error, CustomStringConvertible {
  case emptyTable(hardware: String, field: String)
  case invalidProfile(name: String, field: String, problem: String)
  case unknownHardware(name: String, known: [String])

  package var description: String {
    switch self {
    case .emptyTable(let hardware, let field):
      "profile of hardware \"\(hardware)\": field \"\(field)\" is empty or has no time; "
        + "run `planner profile` again"
    case .unknownHardware(let name, let known):
      "no hardware \"\(name)\" ships with the tool; known are \(known.joined(separator: ", "))"
    case .invalidProfile(let name, let field, let problem):
      "hardware profile \"\(name)\": field \"\(field)\" \(problem); copy profiles/a10.json and edit it"
    }
  }
}

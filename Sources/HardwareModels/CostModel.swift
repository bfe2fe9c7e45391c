package import Artifacts

/// Predicts latency and energy of one request of a workload at any uniform language-model shape.
///
/// Every model here is affine in depth: request = first(last block) + Σ block(other blocks), where the
/// first holds the vision encoder, the Q-Former, what the language model does outside its blocks, and
/// its last block, which computes fewer rows than the others. Strategies rely on it, except for the
/// original itself, whose own measurement stands.
package protocol CostModel: Sendable {
  /// Name of the hardware, as in the profile.
  var name: String { get }
  /// False where the hardware's energy is unknown; every energy is then zero or unavailable.
  var predictsEnergy: Bool { get }
  /// One request, with intervals: what plans publish.
  func request(shape: UniformShape) -> Expense
  /// One request by phase; sums to `request`.
  func phases(shape: UniformShape) -> [RequestPhaseCost]
  /// One request without interval; equals the values of `request`.
  func point(_ shape: UniformShape) -> CostPoint
  /// What one block of these widths adds to a request, without interval: what searches compare.
  func block(_ widths: BlockWidths) -> CostPoint
  /// What a request of a model costs that has this block alone, without interval.
  func first(_ widths: BlockWidths) -> CostPoint
}

/// The widths of one block that its cost depends on.
package struct BlockWidths: Hashable, Sendable {
  package var hiddenSize: Int
  package var heads: Int
  package var headSize: Int
  package var feedForwardWidth: Int

  package init(hiddenSize: Int, heads: Int, headSize: Int, feedForwardWidth: Int) {
    self.hiddenSize = hiddenSize
    self.heads = heads
    self.headSize = headSize
    self.feedForwardWidth = feedForwardWidth
  }

  package init(_ shape: UniformShape) {
    self.init(
      hiddenSize: shape.hiddenSize, heads: shape.heads, headSize: shape.headSize,
      feedForwardWidth: shape.feedForwardWidth)
  }
}

extension CostModel {
  package func point(_ shape: UniformShape) -> CostPoint { affinePoint(shape) }

  /// What the first block and the others add up to.
  package func affinePoint(_ shape: UniformShape) -> CostPoint {
    let widths = BlockWidths(shape)
    return first(widths) + block(widths) * Double(shape.blocks - 1)
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

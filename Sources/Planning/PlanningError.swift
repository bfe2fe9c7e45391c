package import Artifacts

/// Why there is no plan.
package enum PlanningError: Error, CustomStringConvertible {
  /// A hard constraint that a plan can miss.
  package enum Constraint: String, Sendable {
    case latency
    case annualEnergy
    case compression

    /// The flag that states the constraint.
    package var flag: String {
      switch self {
      case .latency: "--target-ms"
      case .annualEnergy: "--annual-kwh"
      case .compression: "--compression-kwh"
      }
    }
  }

  /// `asked`, `smallest` and `nearest` are in the unit of the constraint's flag.
  case infeasible(binding: Constraint, asked: Double, smallest: Double, nearest: Double)
  /// `asked`, `largest` and `nearest` are speed-ups of the original.
  case infeasibleRatio(asked: Double, largest: Double, nearest: Double)
  /// The compression time (seconds) does not pay one epoch of each stage.
  case compressionTooShort(asked: Seconds, needed: Seconds)
  /// No shape of a revision meets its latency limit (milliseconds) less the margin.
  case infeasibleAtPace(limit: Double, smallest: Double)
  /// A revision that would pay for its shape with views that the teacher has answered already.
  case viewsSpent
  case invalidValue(flag: String, value: String, remedy: String)
  case unknownHardware(name: String, known: [String])
  case unknownStrategy(name: String, known: [String])
  case energyUnavailable(flag: String, reason: String)
  /// The original's answers show nothing that a compression could lose.
  case originalCannotAnswer(reason: String, answers: [AnsweredQuestion])
  /// No loss could break the accuracy floor.
  case floorCannotBind(reason: String)
  /// Even the upper end of the best forecast lies below the accuracy floor.
  case accuracyOutOfReachAtPace(floor: Accuracy, best: Accuracy)
  case accuracyOutOfReach(
    floor: Accuracy, best: Accuracy, nearestDrop: Accuracy, nearestTarget: String?)
  case unplannableModel(reason: String)
  case brokenProfile(reason: String)

  /// True where the request is well-formed and no shape or schedule satisfies it.
  package var isInfeasible: Bool {
    switch self {
    case .infeasible, .infeasibleRatio, .compressionTooShort, .infeasibleAtPace, .viewsSpent,
      .accuracyOutOfReach, .accuracyOutOfReachAtPace:
      true
    default: false
    }
  }

  package var description: String {
    switch self {
    case .infeasible(.compression, let asked, let smallest, let nearest):
      "--compression-kwh \(rounded(asked)) cannot pay one epoch of every stage: that takes "
        + "\(rounded(smallest)) kWh (the compression budget binds); nearest feasible budget: "
        + "--compression-kwh \(rounded(nearest))"
    case .infeasible(let binding, let asked, let smallest, let nearest):
      "no shape meets \(binding.flag) \(rounded(asked)): the smallest one takes "
        + "\(rounded(smallest)) \(binding == .latency ? "ms (latency binds)" : "kWh a year (annual energy binds)")"
        + "; nearest feasible target: \(binding.flag) \(rounded(nearest))"
    case .infeasibleRatio(let asked, let largest, let nearest):
      "no shape meets --target-ratio \(rounded(asked)): the smallest one is "
        + "\(rounded(largest)) times as fast; "
        + (nearest > 1
          ? "nearest feasible target: --target-ratio \(rounded(nearest))"
          : "no ratio above 1 is feasible")
    case .compressionTooShort(let asked, let needed):
      "a compression of \(rounded(asked.value)) s cannot pay one epoch of every stage: that takes "
        + "\(rounded(needed.value)) s; allow more with --compression-kwh"
    case .infeasibleAtPace(let limit, let smallest):
      "no shape meets \(rounded(limit)) ms less the margin at the measured pace: the smallest takes "
        + "\(rounded(smallest)) ms"
    case .viewsSpent:
      "the shape is affordable only with fewer teacher views, which are spent already"
    case .invalidValue(let flag, let value, let remedy):
      "\(flag) \(value) is not usable: \(remedy)"
    case .unknownHardware(let name, let known):
      "the profile has no hardware \"\(name)\"; it has \(known.joined(separator: ", "))"
    case .unknownStrategy(let name, let known):
      "no strategy \"\(name)\"; known are \(known.joined(separator: ", "))"
    case .energyUnavailable(let flag, let reason):
      "\(flag) cannot be planned for, the energy is unavailable: \(reason)"
    case .originalCannotAnswer(let reason, let answers):
      "the original cannot answer this data: \(reason); "
        + (answers.first.map {
          "it was sent \($0.prompt.debugDescription) and answered \($0.answer.debugDescription), where "
            + "\($0.expected.debugDescription) is right; "
        } ?? "")
        + "look at the prompt (profile --prompt), the data and the tokenizer, or accept it with "
        + "--allow-failing-original"
    case .floorCannotBind(let reason):
      "the original cannot answer this data well enough: \(reason); give a smaller "
        + "--max-accuracy-drop, or accept it with --allow-failing-original"
    case .accuracyOutOfReach(let floor, let best, let nearestDrop, let nearestTarget):
      "no shape that meets the targets is forecast to keep an accuracy of \(rounded(floor.value)): the best "
        + "reaches \(rounded(best.value)) at the upper end of its interval (accuracy binds); nearest "
        + "feasible: --max-accuracy-drop \(rounded(nearestDrop.value))"
        + (nearestTarget.map { ", or \($0)" } ?? "")
    case .accuracyOutOfReachAtPace(let floor, let best):
      "no shape that is fast enough at the measured pace is forecast to keep an accuracy of "
        + "\(rounded(floor.value)): the best reaches \(rounded(best.value)) at the upper end of its interval"
    case .unplannableModel(let reason):
      "this model cannot be planned: \(reason)"
    case .brokenProfile(let reason):
      reason
    }
  }
}

/// Four significant digits, without trailing zeros.
func rounded(_ value: Double) -> String {
  guard value != 0 else { return "0" }
  // Powers of ten are exact up to 1e22.
  guard (1e-200..<1e22).contains(abs(value)) else { return "\(value)" }
  var scale = 1.0
  while abs(value) * scale < 1_000 { scale *= 10 }
  while abs(value) * scale >= 10_000 { scale /= 10 }
  let digits = (value * scale).rounded()
  // Dividing by a power of ten gives the shortest decimal; multiplying by 0.001 does not.
  let result = scale >= 1 ? digits / scale : digits * (1 / scale).rounded()
  return result == result.rounded() && abs(result) < 1e15 ? "\(Int(result))" : "\(result)"
}

/// The next smaller number of three significant digits.
func roundedDown(_ value: Double) -> Double {
  guard value.isFinite, value > 1e-200 else { return value }
  var scale = 1.0
  while value * scale < 100 { scale *= 10 }
  while value * scale >= 1_000 { scale /= 10 }
  let digits = (value * scale).rounded(.down)
  return scale >= 1 ? digits / scale : digits * (1 / scale).rounded()
}

/// The next larger number of three significant digits.
func roundedUp(_ value: Double) -> Double {
  guard value.isFinite, value > 1e-200 else { return value }
  var scale = 1.0
  while value * scale < 100 { scale *= 10 }
  while value * scale >= 1_000 { scale /= 10 }
  let digits = (value * scale).rounded(.up)
  return scale >= 1 ? digits / scale : digits * (1 / scale).rounded()
}

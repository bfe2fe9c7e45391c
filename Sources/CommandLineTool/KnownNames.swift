import Artifacts
import HardwareModels
import Interchange
import Planning
import Pruning
import Training

/// Refuses a profile that names what this planner does not have.
func checkNames(_ profile: ProfileRecord) throws(InvalidField) {
  try FieldCheck().name(profile.model.precision, "model.precision", of: precisions)
}

/// Refuses a plan that names what this planner does not have, before any of it is carried out.
func checkNames(_ plan: PlanRecord) throws(InvalidField) {
  let fields = FieldCheck()
  try fields.name(plan.model.precision, "model.precision", of: precisions)
  try fields.name(plan.strategy, "strategy", of: Strategies.names)
  let settings = plan.settings
  try fields.name(settings.criterion, "settings.criterion", of: importanceCriteria.map { $0.name })
  try fields.name(
    settings.pairwiseReading, "settings.pairwiseReading", of: pairwiseReadings.map(\.name))
  try fields.name(settings.precision, "settings.precision", of: precisions)
  if let format = plan.loadableBy {
    try fields.name(format, "loadableBy", of: ExportFormat.allCases.map(\.rawValue))
  }
}

/// Of this machine and of modelled cards.
private let precisions =
  Precision.names
  + GPUPrecision.allCases.map(\.rawValue).filter { !Precision.names.contains($0) }

extension FieldCheck {
  fileprivate func name(
    _ name: String, _ field: String, of known: [String]
  ) throws(InvalidField) {
    guard known.contains(name) else {
      throw invalid(field, "\"\(name)\" is none of \(known.joined(separator: ", "))")
    }
  }
}

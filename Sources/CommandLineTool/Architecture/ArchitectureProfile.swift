import Artifacts
import Foundation
import HardwareModels
import Planning
import Storage

extension Architecture {
  /// The profile that `plan` needs, from a hardware model alone: nothing is measured.
  func profile(on gpu: AnalyticalGPU) throws -> ProfileRecord {
    let costs = try gpu.hardwareCosts(model: model, workload: workload)
    let none = Expense(
      time: .unavailable("nothing was measured"), energy: .unavailable("nothing was measured"))
    let language = model.languageModel
    let content = try ArtifactCoding.document(model)
    return ProfileRecord(
      model: ModelReference(
        content: ContentReference(name: name, sha256: sha256(of: content)), shape: model,
        precision: precision.rawValue,
        parameterCount: language.uniform.map { language.parameterCount(at: $0) } ?? 0),
      data: nil, workload: workload,
      // The machine at hand has no part in a modelled figure, and equal inputs give equal bytes.
      machine: MachineReference(
        processor: "none", logicalCores: 0, memoryBytes: 0, operatingSystem: "none"),
      hardware: [costs], sensitivity: nil, costExpense: none, probeExpense: nil,
      warnings: ["\(name) has no weights and \(costs.name) is modelled: nothing was measured"])
  }
}

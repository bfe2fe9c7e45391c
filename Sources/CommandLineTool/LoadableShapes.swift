import Artifacts
import Interchange

/// The final shapes that a format allows, for a plan and for its revisions alike.
struct LoadableShapes {
  let format: ExportFormat
  private let model: ModelShape

  init(of model: ModelShape, by format: ExportFormat) {
    self.model = model
    self.format = format
  }

  /// Why the format does not even hold the original; nil where it does.
  var obstacleOfTheOriginal: String? { model.obstacle(to: format) }

  var allows: @Sendable (UniformShape) -> Bool {
    { [model, format] shape in
      var result = model
      result.languageModel = model.languageModel.resized(to: shape)
      return result.obstacle(to: format) == nil
    }
  }

  /// What a plan may end in: every shape where it was not limited and the standard format holds none.
  static func allowed(by plan: PlanRecord) -> @Sendable (UniformShape) -> Bool {
    let format = plan.loadableBy.flatMap { ExportFormat(rawValue: $0) } ?? .huggingFace
    let shapes = LoadableShapes(of: plan.model.shape, by: format)
    if shapes.obstacleOfTheOriginal == nil { return shapes.allows }
    return { _ in true }
  }
}

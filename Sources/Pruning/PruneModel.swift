package import Artifacts
import Kernels
package import Training
package import Transformers

/// How importance is measured.
package struct PruneSettings: Sendable {
  /// Name of the criterion, one of `importanceCriteria`.
  package var criterion: String
  /// Creatives whose gradients are added before the absolute value of equation 1 is taken.
  package var miniBatchCreatives: Int
  package var workers: Int

  package init(criterion: String, miniBatchCreatives: Int, workers: Int) {
    self.criterion = criterion
    self.miniBatchCreatives = miniBatchCreatives
    self.workers = workers
  }
}

/// `model` pruned to a uniform shape by importance over the whole pruning set `split`.
///
/// A prune that only drops the last blocks (stage 1) needs no importance and computes none.
///
/// - Throws: `PruningError` where the shape cannot be reached or the criterion is unknown.
package func prune(
  _ model: Parameters, to target: UniformShape, over split: PreparedSplit, settings: PruneSettings,
  generator: SeededGenerator, progress: ((Double) -> Void)? = nil
) throws(PruningError) -> Parameters {
  let shape = model.layout.languageModel.shape
  guard let source = shape.uniform else { throw .notUniform }
  var onlyBlocks = source
  onlyBlocks.blocks = target.blocks
  if onlyBlocks == target {
    guard target.blocks <= source.blocks else { throw .grows("blocks") }
    var selection = StructureSelection(all: shape)
    selection.blocks.removeLast(source.blocks - target.blocks)
    return removeStructures(from: model, keeping: selection)
  }
  let importance = try structureImportance(
    of: model, over: split, settings: settings, generator: generator, progress: progress)
  return removeStructures(
    from: model, keeping: try importance.selection(from: shape, to: target))
}

/// Importance of every structure of `model` over the pruning set `split`.
package func structureImportance(
  of model: Parameters, over split: PreparedSplit, settings: PruneSettings,
  generator: SeededGenerator, progress: ((Double) -> Void)? = nil
) throws(PruningError) -> StructureImportance {
  guard let type = importanceCriteria.first(where: { $0.name == settings.criterion }) else {
    throw .unknownCriterion(settings.criterion, known: importanceCriteria.map { $0.name })
  }
  let criterion = type.init(parameterCount: model.count, generator: generator)
  if criterion.needsGradients {
    accumulateGradients(
      of: model, over: split, settings: settings, into: criterion, progress: progress)
  }
  return StructureImportance(scores: criterion.scores(of: model), layout: model.layout)
}

/// Feeds a criterion the gradients of the task's loss, mini-batch by mini-batch.
private func accumulateGradients(
  of model: Parameters, over split: PreparedSplit, settings: PruneSettings,
  into criterion: any ImportanceCriterion, progress: ((Double) -> Void)?
) {
  let optimizer = DataParallelOptimizer(
    parameters: model.pointer, count: model.count, range: model.layout.languageRange,
    workers: settings.workers, weightDecay: 0)
  var first = 0
  while first < split.creativeCount {
    let batch = Array(first..<min(first + settings.miniBatchCreatives, split.creativeCount))
    let tokens = batch.reduce(0) {
      $0 + split.questions[$1].reduce(0) { $0 + $1.answer.count }
    }
    let scale = 1 / Float(max(1, tokens))
    _ = optimizer.accumulate { worker, gradients, arena in
      var range = share(of: batch.count, worker: worker, of: settings.workers)
      while !range.isEmpty {
        let chunk = range.prefix(8)
        arena.reset()
        _ = languageGradient(
          model, split.share(Array(batch[chunk])), loss: HardLabelLoss(), teacherLogits: nil,
          scale: scale, gradients: gradients, arena: arena)
        range = chunk.upperBound..<range.upperBound
      }
      return 0
    }
    criterion.add(gradients: optimizer.gradientSum, of: model)
    first += batch.count
    progress?(Double(first) / Double(split.creativeCount))
  }
}

package import Artifacts
import Kernels
package import Transformers

/// Trains the language part of a model on a prepared split, epoch by epoch.
///
/// The order of creatives is one seeded permutation per epoch; each optimiser step takes
/// `batchCreatives` of them, split among the workers. Same seed and workers, same bytes.
package struct Distiller: Sendable {
  package var loss: any TokenLoss
  /// Required when the loss reads it.
  package var teacher: TeacherOutputs?
  package var split: PreparedSplit
  package var batchCreatives: Int
  package var workers: Int
  package var weightDecay: Float
  /// Standard deviation of noise on the cached queries, relative to their root mean square.
  package var queryNoise: Float
  /// Creatives that one worker runs at a time, to stay in cache.
  package var microBatch = 8

  package init(
    loss: any TokenLoss, teacher: TeacherOutputs?, split: PreparedSplit, batchCreatives: Int,
    workers: Int, weightDecay: Float, queryNoise: Float = 0
  ) {
    self.loss = loss
    self.teacher = teacher
    self.split = split
    self.batchCreatives = batchCreatives
    self.workers = workers
    self.weightDecay = weightDecay
    self.queryNoise = queryNoise
  }

  /// Optimiser steps of one epoch.
  package var stepsPerEpoch: Int {
    (split.sourceCount + batchCreatives - 1) / batchCreatives
  }

  /// Runs `steps` optimiser steps on `model` in place under a cosine schedule and returns the mean
  /// loss per answer token of every epoch (the last may be partial). `onStep` gets the step, the
  /// number of steps and that step's loss.
  package func train(
    _ model: Parameters, steps: Int, learningRate: Double, warmup: Int? = nil,
    generator: inout SeededGenerator, trainableRange: Range<Int>? = nil,
    onStep: ((Int, Int, Double) throws -> Void)? = nil
  ) rethrows -> [Double] {
    let optimizer = DataParallelOptimizer(
      parameters: model.pointer, count: model.count,
      range: trainableRange ?? model.layout.languageRange, workers: workers,
      weightDecay: weightDecay)
    let packed = PackedWeights(model, training: true)
    let schedule = CosineSchedule(
      peak: learningRate, steps: steps, warmup: warmup ?? min(50, steps / 10))
    let noise = queryNoise > 0 ? queryNoise * split.queryRootMeanSquare : 0
    var losses: [Double] = []
    var sum = 0.0
    var rows = 0
    var order: [Int] = []
    for step in 0..<steps {
      let position = step % stepsPerEpoch
      if position == 0 {
        if step > 0 {
          losses.append(sum / Double(max(1, rows)))
          (sum, rows) = (0, 0)
        }
        order = generator.permutation(split.sourceCount)
        if split.viewCount > 0 {
          // Each creative once per epoch: as it is, or in one of its views.
          for i in order.indices {
            order[i] += split.sourceCount * generator.integer(below: 1 + split.viewCount)
          }
        }
      }
      let first = position * batchCreatives
      let batch = Array(order[first..<min(first + batchCreatives, order.count)])
      let (loss, count) = self.step(
        model, packed, batch, optimizer, schedule.rate(at: step),
        noise: noise > 0 ? QueryNoise(deviation: noise, seed: generator.next()) : nil)
      sum += loss
      rows += count
      try onStep?(step, steps, loss / Double(max(1, count)))
    }
    if rows > 0 { losses.append(sum / Double(rows)) }
    return losses
  }

  /// One update on the creatives at `batch`; returns Σ loss and the number of answer tokens.
  private func step(
    _ model: Parameters, _ packed: PackedWeights, _ batch: [Int],
    _ optimizer: DataParallelOptimizer, _ rate: Double,
    noise: QueryNoise?
  ) -> (Double, Int) {
    let rows = batch.reduce(0) { $0 + split.questions[$1].reduce(0) { $0 + $1.answer.count } }
    let scale = 1 / Float(max(1, rows))
    let (total, squares) = optimizer.accumulate { worker, gradients, arena in
      var total = 0.0
      var range = share(of: batch.count, worker: worker, of: workers)
      while !range.isEmpty {
        let chunk = range.prefix(microBatch)
        arena.reset()
        let items = batch[chunk]
        var teacherLogits: UnsafeMutablePointer<Float>?
        if loss.needsTeacher, let teacher {
          let target = arena.floats(teacher.rowCount(of: items) * teacher.vocabularySize)
          teacher.gather(items, of: split, arena: arena, into: target)
          teacherLogits = target
        }
        var shared = split.share(Array(items))
        if var noise {
          // A stream of its own for every chunk, whoever runs it.
          noise.seed &+= UInt64(chunk.lowerBound)
          shared.noise = noise
        }
        total += languageGradient(
          model, shared, loss: loss,
          teacherLogits: teacherLogits.map { UnsafePointer($0) }, scale: scale,
          gradients: gradients, arena: arena, packed: packed)
        range = chunk.upperBound..<range.upperBound
      }
      return total
    }
    optimizer.update(learningRate: rate, squaredNorm: squares)
    _ = parallel(workers: workers) { packed.repack(worker: $0, of: workers) }
    return (total, rows)
  }
}

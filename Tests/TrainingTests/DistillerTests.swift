import Artifacts
import Datasets
import Kernels
import TestSupport
import Testing
import Training
import Transformers

@Suite struct DistillerTests {
  func train(_ loss: some TokenLoss, teacher: TeacherOutputs?, split: PreparedSplit, seed: UInt64)
    -> (Parameters, [Double])
  {
    let model = TinyModel.make(seed: 5)
    let distiller = Distiller(
      loss: loss, teacher: teacher, split: split, batchCreatives: 8, workers: 2,
      weightDecay: 0.01)
    var generator = SeededGenerator(seed: seed)
    let losses = distiller.train(
      model, steps: 5 * distiller.stepsPerEpoch, learningRate: 5e-3, generator: &generator)
    return (model, losses)
  }

  @Test func lossFallsAndRunsRepeatToTheByte() {
    let split = TinyModel.split(TinyModel.make(), creatives: 32)
    let (a, losses) = train(HardLabelLoss(), teacher: nil, split: split, seed: 2)
    let (b, _) = train(HardLabelLoss(), teacher: nil, split: split, seed: 2)
    let (c, _) = train(HardLabelLoss(), teacher: nil, split: split, seed: 3)
    #expect(losses.count == 5)
    #expect(losses[4] < 0.7 * losses[0])
    #expect((0..<a.count).allSatisfy { a.pointer[$0] == b.pointer[$0] })
    #expect(!(0..<a.count).allSatisfy { a.pointer[$0] == c.pointer[$0] })
  }

  @Test func studentApproachesTheTeacher() {
    let teacherModel = TinyModel.make()
    let split = TinyModel.split(teacherModel, creatives: 32)
    let outputs = TeacherOutputs(teacher: teacherModel, split: split, threads: 2)
    let (_, losses) = train(
      DistillationLoss(), teacher: outputs, split: split, seed: 2)
    #expect(losses[4] < losses[0])
  }

  @Test func encoderStaysFrozen() {
    let split = TinyModel.split(TinyModel.make(), creatives: 16)
    let (model, _) = train(HardLabelLoss(), teacher: nil, split: split, seed: 2)
    let start = TinyModel.make(seed: 5)
    let frozen = 0..<model.layout.languageRange.lowerBound
    #expect(frozen.allSatisfy { model.pointer[$0] == start.pointer[$0] })
    #expect(!model.layout.languageRange.allSatisfy { model.pointer[$0] == start.pointer[$0] })
  }

  @Test func sharedPrefixGivesTheSameLogitsAsWholeSequences() {
    // One creative with five questions over a shared image, against each question on its own.
    let model = TinyModel.make()
    let split = TinyModel.split(model, creatives: 1)
    let vocabulary = model.layout.languageModel.shape.vocabularySize
    let arena = Arena()
    let rows = split.questions[0].reduce(0) { $0 + $1.answer.count }
    let together = arena.floats(rows * vocabulary)
    let all = split.share([0])
    #expect(languageLogits(model, all, arena: Arena(), into: together) == rows)
    var next = together
    for question in split.questions[0] {
      let alone = arena.floats(question.answer.count * vocabulary)
      let single = LanguageShare(questions: [[question]], queries: all.queries)
      _ = languageLogits(model, single, arena: Arena(), into: alone)
      let count = question.answer.count * vocabulary
      #expect((0..<count).allSatisfy { abs(next[$0] - alone[$0]) < 1e-4 })
      next += count
    }
  }

  @Test func evaluationCountsEveryEntry() {
    let model = TinyModel.make()
    let split = TinyModel.split(model, creatives: 7)
    let record = evaluate(InferenceModel(model), on: split, threads: 2)
    #expect(record.total == 35)
    #expect(record.tasks.map(\.total) == [7, 7, 7, 7, 7])
  }
}

import Artifacts
import Datasets
import Kernels
import TestSupport
import Testing
import Training
import Transformers

@Suite struct TeacherViewTests {
  let model = TinyModel.make()
  let creatives: [Creative]
  let split: PreparedSplit

  init() {
    let stream = EmbeddedData.stream(seed: 9)
    creatives = (0..<12).map { stream.creative(at: $0) }
    split = TinyModel.split(model, creatives: 12)
  }

  func views(_ count: Int, seed: UInt64 = 3) -> TeacherViews {
    var generator = SeededGenerator(seed: seed)
    return TeacherViews(
      of: split, creatives: creatives, count: count, teacher: model, threads: 2,
      generator: &generator)
  }

  @Test func viewsFollowTheCreativesAndAskTheSameQuestions() {
    let views = views(2).split
    #expect(views.creativeCount == 36)
    #expect(views.sourceCount == 12)
    #expect(
      views.questions[..<12].map { $0.map(\.answer) } == split.questions.map { $0.map(\.answer) })
    for index in views.questions.indices {
      #expect(views.questions[index].map(\.prompt) == split.questions[index % 12].map(\.prompt))
    }
    let stride = views.queryStride
    for index in 0..<24 {
      let view = views.queries.pointer + (12 + index) * stride
      let source = views.queries.pointer + (index % 12) * stride
      #expect((0..<stride).contains { view[$0] != source[$0] })
    }
  }

  /// The logits kept while generating are those that the teacher gives to its own answers.
  @Test func outputsAreTheTeachersOwn() {
    let views = views(1)
    let recomputed = TeacherOutputs(teacher: model, split: views.split, threads: 2)
    let indices = Array(0..<24)
    let count = views.outputs.rowCount(of: indices) * views.outputs.vocabularySize
    #expect(count == recomputed.rowCount(of: indices) * recomputed.vocabularySize)
    let (kept, expected) = (AlignedBuffer(count: count), AlignedBuffer(count: count))
    let arena = Arena()
    views.outputs.gather(indices, of: views.split, arena: arena, into: kept.pointer)
    recomputed.gather(indices, of: views.split, arena: arena, into: expected.pointer)
    let largest = (0..<count).reduce(Float(0)) {
      max($0, abs(kept.pointer[$1] - expected.pointer[$1]))
    }
    #expect(largest < 1e-3)
    let vocabulary = views.outputs.vocabularySize
    var row = views.outputs.rowCount(of: Array(0..<12))
    for question in views.split.questions[12...].joined() {
      for token in question.answer {
        let logits = kept.pointer + row * vocabulary
        let best = (0..<vocabulary).max { logits[$0] < logits[$1] } ?? -1
        #expect(Int(token) == best)
        row += 1
      }
    }
  }

  @Test func sameSeedSameViews() {
    let (a, b, c) = (views(1), views(1), views(1, seed: 4))
    func queries(_ views: TeacherViews) -> [Float] {
      Array(
        UnsafeBufferPointer(start: views.split.queries.pointer, count: views.split.queries.count))
    }
    #expect(queries(a) == queries(b))
    #expect(queries(a) != queries(c))
  }

  /// An epoch has as many updates with views as without, and shows other pictures.
  @Test func epochsKeepTheirLength() {
    func train(_ views: TeacherViews) -> ([Double], Parameters, Int) {
      let student = TinyModel.make(seed: 5)
      let distiller = Distiller(
        loss: DistillationLoss(), teacher: views.outputs, split: views.split, batchCreatives: 4,
        workers: 2, weightDecay: 0.01)
      var generator = SeededGenerator(seed: 2)
      let losses = distiller.train(
        student, steps: 4 * distiller.stepsPerEpoch, learningRate: 5e-3, generator: &generator)
      return (losses, student, distiller.stepsPerEpoch)
    }
    let (losses, with, steps) = train(views(2))
    let (_, without, plain) = train(views(0))
    #expect(steps == 3 && plain == 3)
    #expect(losses.count == 4 && losses[3] < losses[0])
    #expect((0..<with.count).contains { with.pointer[$0] != without.pointer[$0] })
  }

  /// Without room for the logits the teacher runs in every update, to the same student.
  @Test func memoryLimitChangesOnlyTheTime() {
    func train(memoryLimit: Double) -> (Parameters, TeacherOutputs) {
      var generator = SeededGenerator(seed: 3)
      let views = TeacherViews(
        of: split, creatives: creatives, count: 1, teacher: model, memoryLimit: memoryLimit,
        threads: 2, generator: &generator)
      let student = TinyModel.make(seed: 5)
      let distiller = Distiller(
        loss: DistillationLoss(), teacher: views.outputs, split: views.split, batchCreatives: 4,
        workers: 2, weightDecay: 0.01)
      _ = distiller.train(student, steps: 6, learningRate: 5e-3, generator: &generator)
      return (student, views.outputs)
    }
    let (cached, kept) = train(memoryLimit: 1e9)
    let (live, none) = train(memoryLimit: 1e4)
    #expect(kept.isCached && !none.isCached)
    let largest = (0..<cached.count).reduce(Float(0)) {
      max($0, abs(cached.pointer[$1] - live.pointer[$1]))
    }
    #expect(largest < 2e-3)
  }
}

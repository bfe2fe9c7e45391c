import Artifacts
import Datasets
import Foundation
import Kernels
import TestSupport
import Testing
import Training
import Transformers

@Suite struct EvaluationTests {
  private let model = TinyModel.make()

  /// The loss against a slow reference, token by token.
  @Test func lossOfTheRightAnswers() throws {
    let split = TinyModel.split(model, creatives: 3)
    let evaluation = judge(InferenceModel(model), on: split, threads: 2)
    let vocabulary = model.layout.languageModel.shape.vocabularySize
    var total = 0.0
    var tokens = 0
    for (index, questions) in split.questions.enumerated() {
      let arena = Arena()
      let rows = questions.reduce(0) { $0 + $1.answer.count }
      let logits = arena.floats(rows * vocabulary)
      #expect(languageLogits(model, split.share([index]), arena: arena, into: logits) == rows)
      for (row, target) in questions.flatMap(\.answer).enumerated() {
        let values = (0..<vocabulary).map { Double(logits[row * vocabulary + $0]) }
        total += log(values.reduce(0) { $0 + exp($1) }) - values[Int(target)]
      }
      tokens += rows
    }
    let loss = try #require(evaluation.record.answerLoss?.value)
    #expect(abs(loss - total / Double(tokens)) < 1e-4)
    #expect(evaluation.isFinite)
    // Whatever the number of threads, to the last bit.
    #expect(judge(InferenceModel(model), on: split, threads: 1).record == evaluation.record)
    #expect(
      evaluation.record.correct == evaluate(InferenceModel(model), on: split, threads: 2).correct)
  }

  @Test func agreementIsWithTheOriginalsAnswers() {
    let split = TinyModel.split(model, creatives: 4)
    let original = judge(InferenceModel(model), on: split, threads: 2)
    #expect(original.record.agreement == nil)
    let itself = judge(InferenceModel(model), on: split, threads: 2, original: original)
    #expect(itself.record.agreement == Accuracy(1))
    let other = judge(
      InferenceModel(TinyModel.make(seed: 5)), on: split, threads: 2, original: original)
    #expect((other.record.agreement?.value ?? 1) < 1)
  }

  @Test func aBrokenModelHasNoFiniteLoss() {
    let split = TinyModel.split(model, creatives: 2)
    let broken = model.copy()
    broken.pointer[broken.layout.languageModel.tokenEmbedding] = .nan
    let evaluation = judge(InferenceModel(broken), on: split, threads: 2)
    #expect(!evaluation.isFinite && evaluation.record.answerLoss == nil)
    #expect(
      obstacleOfOriginal(evaluation.record, chance: nil, isFinite: evaluation.isFinite) != nil)
  }

  /// Blanks at the ends of an answer do not count, on neither side.
  @Test func blanksDoNotCount() {
    #expect(" \t a b\n".trimmed == "a b" && " \n".trimmed == "" && "".trimmed == "")
    var creative = EmbeddedData.stream(seed: 9).creative(at: 0)
    for index in creative.questions.indices {
      creative.questions[index].answer = index == 0 ? "a" : " \n"
    }
    // All logits are alike, so that the first token wins: a special one, which is no text.
    let silent = Parameters(layout: model.layout)
    let split = PreparedSplit(
      name: "validation", creatives: [creative], tasks: EmbeddedData.tasks,
      processor: EmbeddedData.processor, model: silent, threads: 1)
    let outcomes = answerOutcomes(InferenceModel(silent), on: split, threads: 1)
    #expect(outcomes == [[false] + Array(repeating: true, count: creative.questions.count - 1)])
  }

  @Test func chanceIsTheMostFrequentAnswer() {
    var creative = EmbeddedData.stream(seed: 9).creative(at: 0)
    let task = creative.questions[0].task
    creative.questions = ["a", "a ", "b", "c"].map {
      Question(task: task, text: "which?", answer: $0)
    }
    let split = PreparedSplit(
      name: "validation", creatives: [creative], tasks: EmbeddedData.tasks,
      processor: EmbeddedData.processor, model: model, threads: 1)
    #expect(split.chance == Accuracy(0.5))
  }
}

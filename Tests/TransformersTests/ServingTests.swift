import Artifacts
import Kernels
import TestSupport
import Testing
import Transformers

/// What threads do not change in serving.
@Suite struct ServingTests {
  @Test(arguments: Precision.allCases)
  func oneCreativeIsAnsweredAlikeByAnyNumberOfThreads(_ precision: Precision) {
    let model = InferenceModel(TinyModel.make(seed: 3).running(in: precision))
    let item = ServingItem(
      pixels: (0..<(3 * 64 * 64)).map { Float($0 % 97) / 48 - 1 },
      prompts: [[1, 2, 3, 4], [5, 6, 7], [8, 9, 10, 11, 12]])
    let answers = [1, 2, 3].map {
      RequestServer(model: model, threads: $0).serve([item], newTokens: 5).0
    }
    #expect(answers[0] == answers[1] && answers[0] == answers[2])
    #expect(answers[0].count == 1 && answers[0][0].map(\.count) == [5, 5, 5])
    let two = RequestServer(model: model, threads: 2).serve([item, item], newTokens: 5).0
    #expect(two == [answers[0][0], answers[0][0]])
  }
}

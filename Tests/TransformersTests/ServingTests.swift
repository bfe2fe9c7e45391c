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

  /// A request of many tiles gives each group the tokens that it gets alone.
  @Test func groupsOfManyTilesAreAnsweredAlikeAlone() {
    let model = PrecisionTests.model()
    let generator = GreedyGenerator(InferenceModel(model), arena: Arena())
    let hidden = model.layout.languageModel.shape.hiddenSize
    let groups = (0..<12).map { group in
      GenerationGroup(
        imageRows: group % 5 * 3,
        prompts: (0...(group % 3)).map { prompt in
          (0..<(6 + group)).map { Int32(($0 * 7 + group * 5 + prompt) % 50) }
        })
    }
    let imageRows = groups.reduce(0) { $0 + $1.imageRows }
    #expect(imageRows + groups.reduce(0) { $0 + $1.prompts.joined().count } > 300)
    var random = SeededGenerator(seed: 5)
    let features = AlignedBuffer(count: imageRows * hidden)
    for i in 0..<(imageRows * hidden) { features.pointer[i] = Float(random.uniform() - 0.5) }
    let together = generator.generate(groups, features: features.pointer, newTokens: 3)
    var alone: [[Int32]] = []
    var row = 0
    for group in groups {
      alone += generator.generate(
        [group], features: features.pointer + row * hidden, newTokens: 3)
      row += group.imageRows
    }
    #expect(together == alone)
    #expect(Set(alone).count > 3)
  }

  /// Ending sequences early changes no token before their end, nor the logits they came from.
  @Test func sequencesEndWithTheEndOfText() throws {
    let generator = GreedyGenerator(InferenceModel(PrecisionTests.model()), arena: Arena())
    let groups = [
      GenerationGroup(imageRows: 0, prompts: (0..<9).map { [Int32($0 * 5), 3, Int32($0)] })
    ]
    let vocabulary = 50
    func generate(end: Int32?) -> (tokens: [[Int32]], logits: [[[Float]]]) {
      var logits = [[[Float]]](repeating: [], count: 9)
      let tokens = generator.generate(
        groups, features: nil, newTokens: 8, endOfText: end,
        onLogits: { _, going, rows in
          for (row, prompt) in going.enumerated() {
            logits[prompt].append((0..<vocabulary).map { rows[row * vocabulary + $0] })
          }
        })
      return (tokens, logits)
    }
    let whole = generate(end: nil)
    #expect(whole.tokens.allSatisfy { $0.count == 8 })
    // A token that ends some sequences in their middle.
    let ends = Set(whole.tokens.flatMap { $0[2..<5] })
    let end = try #require(
      ends.first { end in whole.tokens.contains { !$0.contains(end) } && ends.contains(end) })
    let cut = generate(end: end)
    for (prompt, tokens) in whole.tokens.enumerated() {
      let expected = tokens.firstIndex(of: end).map { Array(tokens[...$0]) } ?? tokens
      #expect(cut.tokens[prompt] == expected)
      #expect(cut.logits[prompt].count == expected.count)
      for (a, b) in zip(cut.logits[prompt], whole.logits[prompt]) {
        for (x, y) in zip(a, b) { #expect(abs(x - y) < 1e-4) }
      }
    }
    #expect(cut.tokens.contains { $0.count < 8 })
  }
}

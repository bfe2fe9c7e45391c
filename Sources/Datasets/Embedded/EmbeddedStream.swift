import Artifacts

/// Advertisements without end, drawn from one seed.
///
/// Creative `i` depends on the seed and on `i` alone, so several threads may draw different ones.
package struct EmbeddedStream: Sendable {
  private let seed: UInt64
  private let name: String

  init(seed: UInt64, name: String) {
    self.seed = seed
    self.name = name
  }

  package func creative(at index: Int) -> Creative {
    var generator = generator(at: index)
    let plan = AdPlan(using: &generator)
    let questions = AdTask.allCases.map { task in
      let texts = AdTask.questions[task.rawValue]
      return Question(
        task: task.rawValue, text: texts[generator.integer(below: texts.count)],
        answer: task.answer(for: plan.attributes))
    }
    let image = AdPainter.paint(plan, noise: &generator)
    return Creative(image: image, questions: questions, attributes: plan.attributes.list)
  }

  func plan(at index: Int) -> AdPlan {
    var generator = generator(at: index)
    return AdPlan(using: &generator)
  }

  private func generator(at index: Int) -> SeededGenerator {
    // An odd factor other than SplitMix64's increment: neighbours share no state.
    let mixed = seed &+ UInt64(bitPattern: Int64(index)) &* 0xd1b5_4a32_d192_ed03
    return SeededGenerator(seed: mixed, stream: name)
  }
}

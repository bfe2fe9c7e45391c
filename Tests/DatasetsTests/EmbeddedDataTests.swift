import Artifacts
import Datasets
import Foundation
import Storage
import Testing

/// Drawn once for the tests of this target.
let embedded = EmbeddedData.dataset()

@Suite struct EmbeddedDataTests {
  @Test func theBytesAreThoseOfEveryOtherMachine() {
    #expect(
      embedded.reference.content.sha256
        == "3412bfd55a6a90debb716bea0792e5df2c411722839bb2977a2aae6e1432a345")
  }

  @Test func anotherSeedGivesOtherBytes() {
    let other = EmbeddedData.dataset(seed: 7)
    #expect(other.reference.content.sha256 != embedded.reference.content.sha256)
  }

  @Test func splitsHaveTheSizesOfMAAD() {
    #expect(embedded.reference.trainEntries == 12_000)
    #expect(embedded.reference.validationEntries == 1_500)
    #expect(embedded.reference.testEntries == 3_000)
    #expect(embedded.tasks == ["color", "manifestation", "content", "logo", "style"])
    for creative in embedded.train + embedded.validation + embedded.test {
      #expect(creative.questions.map(\.task) == [0, 1, 2, 3, 4])
      #expect(creative.image.width == 64 && creative.image.height == 64)
      #expect(
        zip(creative.attributes, EmbeddedData.attributeSizes).allSatisfy { $0 >= 0 && $0 < $1 })
    }
  }

  @Test func splitsShareNoImage() {
    let hashes = (embedded.train + embedded.validation + embedded.test).map {
      sha256(of: Data($0.image.pixels))
    }
    #expect(Set(hashes).count == hashes.count)
  }

  /// The best that a model can do that sees nothing but the question: the commonest answer to it.
  @Test(arguments: 0..<5) func aQuestionAloneGivesNoAnswer(task: Int) {
    var commonest: [String: [String: Int]] = [:]
    for question in embedded.train.map({ $0.questions[task] }) {
      commonest[question.text, default: [:]][question.answer, default: 0] += 1
    }
    let guesses = commonest.mapValues { answers in answers.max { $0.value < $1.value }?.key }
    let right = embedded.test.count {
      $0.questions[task].answer == guesses[$0.questions[task].text]
    }
    #expect(Double(right) / Double(embedded.test.count) <= 0.25)
    let answers = Dictionary(grouping: embedded.train.map { $0.questions[task].answer }) { $0 }
    #expect((answers.values.map(\.count).max() ?? 0) <= embedded.train.count / 4)
    #expect(commonest.count >= 8)
  }

  @Test func productNamesHaveALongTail() {
    var counts: [String: Int] = [:]
    for creative in embedded.train { counts[creative.questions[2].answer, default: 0] += 1 }
    let sorted = counts.values.sorted(by: >)
    #expect(sorted.count >= 225)
    #expect((170...290).contains(sorted[0]))
    // Half of the names share less than a quarter of the creatives.
    #expect(sorted.dropFirst(120).reduce(0, +) < embedded.train.count / 4)
    #expect(sorted[119] <= 8)
  }

  @Test func styleNeedsTheLogoAndTheTexture() {
    var styles: [[Int]: Set<String>] = [:]
    for creative in embedded.train {
      styles[[creative.attributes[4], creative.attributes[3] % 4], default: []]
        .insert(creative.questions[4].answer)
    }
    #expect(styles.count == 24)
    #expect(styles.values.allSatisfy { $0.count == 1 })
    #expect(Set(styles.values.flatMap(\.self)).count == 24)
  }

  @Test func questionsAreShort() {
    for question in embedded.train.prefix(500).flatMap(\.questions) {
      #expect((5...9).contains(question.text.split(separator: " ").count))
    }
  }

  @Test func drawingIsFastEnough() {
    let stream = EmbeddedData.stream(seed: 1)
    let start = ContinuousClock.now
    for i in 0..<2_000 { _ = stream.creative(at: i) }
    let each = (ContinuousClock.now - start) / 2_000
    #expect(each < .milliseconds(1))
  }

  @Test func aCreativeDependsOnItsNumberAlone() async {
    let stream = EmbeddedData.stream(seed: 3)
    let alone = (0..<64).map(stream.creative(at:))
    let together = await withTaskGroup(of: (Int, Creative).self) { group in
      for i in (0..<64).reversed() { group.addTask { (i, stream.creative(at: i)) } }
      var result: [Int: Creative] = [:]
      for await (i, creative) in group { result[i] = creative }
      return (0..<64).compactMap { result[$0] }
    }
    #expect(alone == together)
  }
}

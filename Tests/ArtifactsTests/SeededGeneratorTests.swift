import Artifacts
import Testing

@Suite struct SeededGeneratorTests {
  @Test func sameSeedGivesSameStream() {
    var a = SeededGenerator(seed: 7, stream: "x")
    var b = SeededGenerator(seed: 7, stream: "x")
    var other = SeededGenerator(seed: 7, stream: "y")
    let first = (0..<8).map { _ in a.next() }
    #expect(first == (0..<8).map { _ in b.next() })
    #expect(first != (0..<8).map { _ in other.next() })
  }

  @Test func momentsOfTheNormal() {
    var generator = SeededGenerator(seed: 1)
    let draws = (0..<20_000).map { _ in generator.normal() }
    let mean = draws.reduce(0, +) / 20_000
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    #expect(abs(mean) < 0.03)
    #expect(abs(variance - 1) < 0.05)
  }

  @Test func permutationHoldsEveryIndexOnce() {
    var generator = SeededGenerator(seed: 3)
    #expect(generator.permutation(100).sorted() == Array(0..<100))
  }
}

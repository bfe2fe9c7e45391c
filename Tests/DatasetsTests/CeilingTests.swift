import Datasets
import Testing

@Suite struct CeilingTests {
  @Test func visibleAmbiguityKeepsAPerfectReaderBelowOne() {
    let ceiling = EmbeddedData.ceiling()
    let mean = ceiling.reduce(0, +) / Double(ceiling.count)
    #expect((0.95...0.97).contains(mean))
    #expect(ceiling.allSatisfy { (0.94...0.98).contains($0) })
  }
}

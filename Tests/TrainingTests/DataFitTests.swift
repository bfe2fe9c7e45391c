import Datasets
import TestSupport
import Testing
import Training
import Transformers

@Suite struct DataFitTests {
  @Test func embeddedDataFits() throws {
    try checkFit(
      tinyDataset(), processor: EmbeddedData.processor, model: TinyModel.make().layout.shape)
  }

  @Test func namesTheQuestionThatIsTooLong() {
    var data = tinyDataset()
    data.validation[0].questions[0].text = String(repeating: "why oh why ", count: 30)
    do {
      try checkFit(
        data, processor: EmbeddedData.processor, model: TinyModel.make().layout.shape)
      Issue.record("nothing was refused")
    } catch {
      #expect(error.description.contains("validation split"))
      #expect(error.description.contains("why oh why"))
    }
  }
}

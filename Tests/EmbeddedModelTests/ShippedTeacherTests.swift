import Artifacts
import Datasets
import Foundation
import Testing
import Training
import Transformers

/// The shipped files belong together: weights, tokenizer, and the record of the training.
@Suite struct ShippedTeacherTests {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/EmbeddedModel/Resources/embedded").path

  @Test func weightsAreThoseOfTheTrainingRecord() throws {
    let bytes = try Data(contentsOf: URL(filePath: folder + "/training.json"))
    let record = try ArtifactCoding.decode(TeacherRecord.self, from: bytes)
    let model = try Checkpoint.load(folder: folder)
    #expect(model.content.sha256 == record.weights)
    #expect(record.test.total == 3_000)
    #expect((0.90...0.98).contains(record.test.overall.value))
  }

  @Test func weightsStayBelowTheirSizeLimit() throws {
    let attributes = try FileManager.default.attributesOfItem(
      atPath: folder + "/model.safetensors")
    let size = try #require(attributes[.size] as? Int)
    #expect(size <= 24_000_000)
  }

  @Test func tokenizerOnDiskIsTheEmbeddedOne() throws {
    let tokenizer = try BytePairTokenizer(folder: folder)
    for creative in EmbeddedData.dataset().test.prefix(20) {
      for question in creative.questions {
        #expect(
          tokenizer.encodePrompt(question.text) == EmbeddedData.encodePrompt(question.text))
      }
    }
  }
}

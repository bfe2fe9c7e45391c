import Artifacts
import Planning
import TestSupport
import Testing
import Transformers

/// The plan counts parameters of shapes that do not exist yet, the journal those of checkpoints.
@Suite struct ParameterCountTests {
  @Test func planAndJournalCountTheSame() throws {
    let layout = TinyModel.make().layout
    let shape = layout.languageModel.shape
    let uniform = try #require(shape.uniform)
    #expect(layout.languageModelParameters == shape.parameterCount(at: uniform))
    #expect(layout.languageModelParameters < layout.languageRange.count)
  }
}

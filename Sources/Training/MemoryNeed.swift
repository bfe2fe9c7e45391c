package import Artifacts
package import Datasets
import Transformers

/// Bytes that the stages are expected to take at their peaks, known before any weight is read.
///
/// Weights, their packed copies, what training keeps beside them, activations, cached logits and the
/// decoded data. An estimate from above: lists and the program itself are small beside it.
package struct MemoryNeed: Hashable, Sendable {
  /// What one image with its questions takes in a language model, the largest of the data.
  package struct Load: Hashable, Sendable {
    /// Image rows, tokens of questions and of answers.
    package var rows: Int
    package var answerTokens: Int
    /// Images of all splits, and bytes of their pixels.
    package var images: Int
    package var pixelBytes: Int

    /// Of data that is not known yet: five short questions about each of a thousand images.
    package static func assumed(_ shape: ModelShape) -> Load {
      Load(
        rows: (shape.queryFormer?.queryCount ?? 0) + 5 * 24, answerTokens: 5 * 8, images: 1_000,
        pixelBytes: 0)
    }

    package init(rows: Int, answerTokens: Int, images: Int, pixelBytes: Int) {
      self.rows = rows
      self.answerTokens = answerTokens
      self.images = images
      self.pixelBytes = pixelBytes
    }

    package init(_ data: Dataset, processor: InputProcessor, shape: ModelShape) {
      self.init(rows: 0, answerTokens: 0, images: 0, pixelBytes: 0)
      for creative in [data.train, data.validation, data.test].joined() {
        let questions = prepareQuestions(creative, processor: processor)
        let answers = questions.reduce(0) { $0 + $1.answer.count }
        let prompts = questions.reduce(0) { $0 + $1.prompt.count }
        rows = max(rows, (shape.queryFormer?.queryCount ?? 0) + prompts + answers)
        answerTokens = max(answerTokens, answers)
        images += 1
        pixelBytes += creative.image.pixels.count
      }
    }
  }

  /// What is needed at the least, as a share of the estimates, which are from above: the peak of a profile of
  /// SmolLM2-135M was 0.57 of its estimate. Beyond it a run is refused.
  package static let surePart = 0.5

  /// Of what trains nothing and serves nothing: the weights and the data.
  package var loading: Double
  /// Of a profile: requests and answers of the original, then a student of its size.
  package var profile: Double
  /// Of an execution: the original as teacher beside a student of its size.
  package var execution: Double

  package init(_ shape: ModelShape, load: Load, threads: Int) {
    let layout = ModelLayout(shape)
    let all = 4 * Double(layout.table.count)
    let language = 4 * Double(layout.languageRange.count)
    let workers = Double(max(1, threads))
    // Copies packed forward and backward, gradients of every worker, two moments.
    let training = 2 * language + workers * all + 2 * language
    let queries =
      4 * Double(load.images)
      * Double((shape.queryFormer?.queryCount ?? 0) * (shape.queryFormer?.hiddenSize ?? 0))
    let logits = min(
      CompressionSettings.defaultTeacherCacheBytes,
      4 * Double(load.images * load.answerTokens) * Double(shape.languageModel.vocabularySize))
    let base =
      Double(load.pixelBytes) + workers * Self.activations(shape, load) + queries + 1e8
    // The original with packed copies in a server and in one that answers; a student with its own.
    loading = all + Double(load.pixelBytes) + 1e8
    let models = all + 2 * language + all + training + language
    profile = models + base + logits / 5
    execution = models + base + logits + 4 * queries
  }

  /// What a worker keeps of its part of an update for the backward pass: eight images with their questions.
  private static func activations(_ shape: ModelShape, _ load: Load) -> Double {
    let language = shape.languageModel
    let perRow = language.blocks.reduce(0) { sum, block in
      let attention = block.attention
      let widths =
        attention.queryWidth + attention.keyWidth + attention.valueWidth + attention.outputWidth
      return sum + 6 * language.hiddenSize + 2 * widths + 3 * block.feedForward.inputWidth
    }
    // Logits of the student and of the teacher, their gradient, and two that a loss works in.
    let perAnswer = 5 * language.vocabularySize
    return 4 * 8 * (Double(load.rows) * Double(perRow) + Double(load.answerTokens * perAnswer))
  }
}

package import Artifacts
package import Datasets

/// Data that a model has no room for.
package struct DataFitError: Error, CustomStringConvertible {
  package let description: String
}

/// Checks that every question and answer fits the model's positions, before anything is computed.
///
/// - Throws: `DataFitError` naming the split and the question.
package func checkFit(_ data: Dataset, processor: InputProcessor, model: ModelShape)
  throws(DataFitError)
{
  let image = model.queryFormer?.queryCount ?? 0
  let positions = model.languageModel.maximumPositions
  for (name, split) in [
    ("train", data.train), ("validation", data.validation), ("test", data.test),
  ] {
    // Generation runs to the split's longest answer after every prompt.
    var longest = (prompt: 0, text: "")
    var answer = 0
    for creative in split {
      for question in prepareQuestions(creative, processor: processor) {
        if question.prompt.count > longest.prompt {
          longest = (question.prompt.count, processor.tokenizer.decode(question.prompt))
        }
        answer = max(answer, question.answer.count)
      }
    }
    let needed = image + longest.prompt + answer - 1
    guard needed <= positions else {
      throw DataFitError(
        description:
          "\(data.name), \(name) split: the question \"\(longest.text.prefix(60))\" needs \(needed) "
          + "positions with image and answer, but the model has \(positions); shorten it")
    }
  }
}

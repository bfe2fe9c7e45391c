package import Artifacts

/// A question about an image and the answer that counts as correct.
package struct Question: Sendable, Equatable {
  /// Index into `Dataset.tasks`.
  package var task: Int
  package var text: String
  /// Compared letter by letter with what a model generates.
  package var answer: String

  package init(task: Int, text: String, answer: String) {
    self.task = task
    self.text = text
    self.answer = answer
  }
}

/// An advertisement image and the questions asked about it.
package struct Creative: Sendable, Equatable {
  package var image: Image
  package var questions: [Question]
  /// Colour, manifestation, icon, logo, texture, for auxiliary losses; empty for a user's data.
  package var attributes: [Int]

  package init(image: Image, questions: [Question], attributes: [Int] = []) {
    self.image = image
    self.questions = questions
    self.attributes = attributes
  }
}

/// Creatives in three splits that share no image.
package struct Dataset: Sendable {
  /// "embedded", or the folder that was read.
  package var name: String
  /// Names of the tasks, in the order that `Question.task` counts.
  package var tasks: [String]
  package var train: [Creative]
  package var validation: [Creative]
  package var test: [Creative]
  /// Hash of everything above, in one canonical serialisation.
  package var reference: DataReference

  package init(
    name: String, tasks: [String], train: [Creative], validation: [Creative], test: [Creative]
  ) {
    self.name = name
    self.tasks = tasks
    self.train = train
    self.validation = validation
    self.test = test
    reference = DataReference(
      content: ContentReference(
        name: name,
        sha256: datasetDigest(tasks: tasks, splits: [train, validation, test])),
      trainEntries: train.reduce(0) { $0 + $1.questions.count },
      validationEntries: validation.reduce(0) { $0 + $1.questions.count },
      testEntries: test.reduce(0) { $0 + $1.questions.count }, tasks: tasks)
  }
}

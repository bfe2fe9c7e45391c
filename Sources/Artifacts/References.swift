/// A file or folder that an artifact was made from, pinned by its content.
package struct ContentReference: Codable, Hashable, Sendable {
  /// "embedded", or the path the user gave.
  package var name: String
  /// SHA-256 of the content, lower-case hexadecimal.
  package var sha256: String

  package init(name: String, sha256: String) {
    self.name = name
    self.sha256 = sha256
  }
}

/// The model that a run compresses.
package struct ModelReference: Codable, Hashable, Sendable {
  package var content: ContentReference
  package var shape: ModelShape
  /// Numeric type of weights in arithmetic: "f32".
  package var precision: String
  package var parameterCount: Int

  package init(content: ContentReference, shape: ModelShape, precision: String, parameterCount: Int)
  {
    self.content = content
    self.shape = shape
    self.precision = precision
    self.parameterCount = parameterCount
  }
}

/// The data that a run prunes, distils and judges on.
package struct DataReference: Codable, Hashable, Sendable {
  package var content: ContentReference
  package var trainEntries: Int
  package var validationEntries: Int
  package var testEntries: Int
  package var tasks: [String]

  package init(
    content: ContentReference, trainEntries: Int, validationEntries: Int, testEntries: Int,
    tasks: [String]
  ) {
    self.content = content
    self.trainEntries = trainEntries
    self.validationEntries = validationEntries
    self.testEntries = testEntries
    self.tasks = tasks
  }
}

/// The machine that a figure was measured on.
package struct MachineReference: Codable, Hashable, Sendable {
  package var processor: String
  package var logicalCores: Int
  package var memoryBytes: Int
  package var operatingSystem: String

  package init(processor: String, logicalCores: Int, memoryBytes: Int, operatingSystem: String) {
    self.processor = processor
    self.logicalCores = logicalCores
    self.memoryBytes = memoryBytes
    self.operatingSystem = operatingSystem
  }
}

/// Exact-match accuracy over a split, with the counts it rests on.
package struct AccuracyRecord: Codable, Hashable, Sendable {
  package struct Task: Codable, Hashable, Sendable {
    package var name: String
    package var correct: Int
    package var total: Int

    package init(name: String, correct: Int, total: Int) {
      self.name = name
      self.correct = correct
      self.total = total
    }

    package var accuracy: Accuracy { Accuracy(total == 0 ? 0 : Double(correct) / Double(total)) }
  }

  /// "validation" or "test".
  package var split: String
  package var tasks: [Task]
  /// Mean cross-entropy of the right answers' tokens, end of text included. Nil where it was not
  /// measured, or is not a number.
  package var answerLoss: NatsPerToken?
  /// Share of entries, right or wrong, with the original's answer; nil for the original itself, and where
  /// it was not measured.
  package var agreement: Accuracy?

  package init(
    split: String, tasks: [Task], answerLoss: NatsPerToken? = nil, agreement: Accuracy? = nil
  ) {
    self.split = split
    self.tasks = tasks
    self.answerLoss = answerLoss
    self.agreement = agreement
  }

  package var correct: Int { tasks.reduce(0) { $0 + $1.correct } }
  package var total: Int { tasks.reduce(0) { $0 + $1.total } }
  package var overall: Accuracy { Accuracy(total == 0 ? 0 : Double(correct) / Double(total)) }
}

/// What a piece of work took: wall time and energy.
package struct Expense: Codable, Hashable, Sendable {
  package var time: Figure<Seconds>
  package var energy: Figure<Joules>

  package init(time: Figure<Seconds>, energy: Figure<Joules>) {
    self.time = time
    self.energy = energy
  }
}

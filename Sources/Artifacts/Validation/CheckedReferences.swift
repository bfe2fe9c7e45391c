extension ContentReference: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.text(name, "name")
    let isPrintable = sha256.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
    }
    guard isPrintable, (1...FieldLimits.hashCharacters).contains(sha256.utf8.count) else {
      throw fields.invalid(
        "sha256", "is not a hash of 1 … \(FieldLimits.hashCharacters) characters")
    }
  }
}

extension ModelReference: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(content, "content")
    try fields.value(shape, "shape")
    try fields.text(precision, "precision")
    try fields.integer(parameterCount, "parameterCount", FieldLimits.parameters)
  }
}

extension DataReference: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(content, "content")
    try fields.integer(trainEntries, "trainEntries", FieldLimits.entries)
    try fields.integer(validationEntries, "validationEntries", FieldLimits.entries)
    try fields.integer(testEntries, "testEntries", FieldLimits.entries)
    try fields.texts(tasks, "tasks")
  }
}

extension MachineReference: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.text(processor, "processor")
    try fields.integer(logicalCores, "logicalCores", 0...1 << 20)
    try fields.integer(memoryBytes, "memoryBytes", 0...1 << 60)
    try fields.text(operatingSystem, "operatingSystem")
  }
}

extension AccuracyRecord: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.text(split, "split")
    // Fewer than what is counted in each, so that no sum leaves the range of integers.
    guard tasks.count <= 100_000 else {
      throw fields.invalid("tasks", "\(tasks.count) tasks are more than 100000")
    }
    try fields.values(tasks, "tasks")
    try fields.unique(tasks, "tasks") { $0.name }
    try fields.number(answerLoss?.value, "answerLoss", 0...FieldLimits.quantity)
    try fields.number(agreement?.value, "agreement", 0...1)
  }
}

extension PromptFormat: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.text(name, "name")
    try fields.text(beforeQuestion, "beforeQuestion")
    try fields.text(afterQuestion, "afterQuestion")
    try fields.text(beforeAnswer, "beforeAnswer")
    guard beforeAnswer.allSatisfy(\.isWhitespace) else {
      throw fields.invalid("beforeAnswer", "only blanks can stand before an answer")
    }
  }
}

extension AccuracyRecord.Task: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.text(name, "name")
    try fields.integer(total, "total", FieldLimits.entries)
    try fields.integer(correct, "correct", 0...total)
  }
}

extension Expense: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.figure(time, "time")
    try fields.figure(energy, "energy")
  }
}

extension Workload: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.text(name, "name")
    try fields.integer(creatives, "creatives", FieldLimits.creatives)
    try fields.integer(questionsPerCreative, "questionsPerCreative", FieldLimits.questions)
    try fields.integer(promptTokens, "promptTokens", FieldLimits.promptTokens)
    try fields.integer(newTokens, "newTokens", FieldLimits.newTokens)
    try fields.integer(threads, "threads", FieldLimits.threads)
  }
}

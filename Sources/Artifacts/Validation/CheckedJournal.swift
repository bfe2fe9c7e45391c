package import Foundation

extension JournalEntry {
  /// An entry from its line, all of whose fields are in range.
  ///
  /// - Throws: `DecodingError` or `InvalidField`.
  package init(line: Data) throws {
    self = try ArtifactCoding.decode(JournalEntry.self, from: line)
    try check(FieldCheck())
  }
}

extension JournalEntry: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    switch self {
    case .started(let entry): try fields.value(entry, "started._0")
    case .adjusted(let entry): try fields.value(entry, "adjusted._0")
    case .stepCommitted(let entry): try fields.value(entry, "stepCommitted._0")
    case .stepRolledBack(let entry): try fields.value(entry, "stepRolledBack._0")
    case .finished(let entry): try fields.value(entry, "finished._0")
    }
  }
}

extension JournalEntry.Started: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(plan, "plan")
    try fields.value(machine, "machine")
    if let precision { try fields.text(precision, "precision") }
    try fields.value(accuracy, "accuracy")
    try fields.value(expense, "expense")
  }
}

extension JournalEntry.StepCommitted: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(step, "step")
    try fields.value(checkpoint, "checkpoint")
    try fields.integer(
      languageModelParameters, "languageModelParameters", FieldLimits.parameters)
    try fields.value(accuracyAfterPruning, "accuracyAfterPruning")
    try fields.value(accuracy, "accuracy")
    // One of each epoch.
    guard losses.count <= FieldLimits.epochs.upperBound else {
      throw fields.invalid("losses", "\(losses.count) are more than there can be epochs")
    }
    for (index, loss) in losses.enumerated() {
      try fields.number(
        loss, "losses[\(index)]", -FieldLimits.quantity...FieldLimits.quantity)
    }
    try fields.value(request, "request")
    try fields.value(expense, "expense")
  }
}

extension JournalEntry.StepRolledBack: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(step, "step")
    try fields.value(accuracy, "accuracy")
    try fields.text(reason, "reason")
    try fields.value(expense, "expense")
  }
}

extension JournalEntry.Finished: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(model, "model")
    try fields.value(shape, "shape")
    try fields.value(originalTest, "originalTest")
    try fields.value(compressedTest, "compressedTest")
    try fields.value(comparison, "comparison")
    try fields.value(compressedValidation, "compressedValidation")
    try fields.value(expense, "expense")
  }
}

extension RequestComparison: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(workload, "workload")
    try fields.value(original, "original")
    try fields.value(compressed, "compressed")
    try fields.positive(speedUp, "speedUp", atMost: FieldLimits.ratio)
    try fields.positive(speedUpLow, "speedUpLow", atMost: FieldLimits.ratio)
    try fields.positive(speedUpHigh, "speedUpHigh", atMost: FieldLimits.ratio)
    guard speedUpLow <= speedUpHigh else {
      throw fields.invalid("speedUpLow", "\(speedUpLow) is above speedUpHigh, \(speedUpHigh)")
    }
  }
}

extension RequestComparison.Side: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.figure(median, "median")
    try fields.figure(percentile95, "percentile95")
    try fields.figure(energy, "energy")
    try fields.count(samples, "samples")
    for (index, sample) in samples.enumerated() {
      try fields.number(sample.value, "samples[\(index)]", 0...FieldLimits.quantity)
    }
  }
}

extension PlanAdjustment: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.values(trials, "trials")
    try fields.value(revision, "revision")
    try fields.text(conclusion, "conclusion")
    try fields.value(expense, "expense")
  }
}

extension PlanAdjustment.Trial: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(forecast, "forecast")
    try fields.value(comparison, "comparison")
    try fields.positive(latencyLimit.value, "latencyLimit")
    try fields.positive(energyLimit?.value, "energyLimit")
  }
}

extension PlanRevision: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(basis, "basis")
    try fields.value(final, "final")
    try fields.values(schedule, "schedule")
    try fields.schedule(schedule, from: nil, to: final.shape)
    try fields.value(compression, "compression")
  }
}

extension RevisionBasis: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.positive(correction.latency, "correction.latency", atMost: FieldLimits.ratio)
    try fields.positive(correction.energy, "correction.energy", atMost: FieldLimits.ratio)
    try fields.positive(latencyLimit.value, "latencyLimit")
    try fields.figure(original, "original")
    try fields.integer(rehearsals, "rehearsals", 0...1_000)
  }
}

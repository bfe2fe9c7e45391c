extension ProfileRecord: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(model, "model")
    try fields.value(data, "data")
    try fields.value(workload, "workload")
    try fields.value(machine, "machine")
    try fields.values(hardware, "hardware")
    try fields.unique(hardware, "hardware") { $0.name }
    try fields.value(sensitivity, "sensitivity")
    try fields.value(costExpense, "costExpense")
    try fields.value(probeExpense, "probeExpense")
    try fields.texts(warnings, "warnings")
    try fields.value(prompt, "prompt")
    if let companions { try fields.text(companions, "companions", limit: 256) }
    if let answers { try fields.values(answers, "answers") }
    try fields.number(chance?.value, "chance", 0...1)
  }
}

extension AnsweredQuestion: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.text(prompt, "prompt")
    try fields.text(expected, "expected")
    try fields.text(answer, "answer")
  }
}

extension FieldCheck {
  /// A power of 0 stands for none; a tiny one would make any time of an energy.
  fileprivate func power(_ figure: Figure<Watts>?, _ name: String) throws(InvalidField) {
    try self.figure(figure, name)
    if let value = figure?.value?.value, value != 0 {
      try number(value, "\(name).value", 1e-9...FieldLimits.quantity)
    }
  }
}

extension HardwareCosts: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.text(name, "name")
    try fields.text(description, "description")
    try fields.value(request, "request")
    try fields.values(phases, "phases")
    try fields.unique(phases, "phases") { $0.phase.rawValue }
    try fields.values(blocks, "blocks")
    try fields.power(activePower, "activePower")
    try fields.power(idlePower, "idlePower")
    try fields.power(reservedMemoryPower, "reservedMemoryPower")
    try fields.value(explanation, "explanation")
  }
}

extension RequestPhaseCost: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(cost, "cost")
  }
}

extension BlockCostSample: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.integer(hiddenSize, "hiddenSize", FieldLimits.size)
    try fields.widths(heads: heads, headSize: headSize)
    try fields.integer(feedForwardWidth, "feedForwardWidth", FieldLimits.size)
    try fields.value(prefill, "prefill")
    try fields.value(decode, "decode")
    try fields.value(firstPrefill, "firstPrefill")
    try fields.value(firstDecode, "firstDecode")
  }
}

extension BlockExplanation: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    let range = 0...1e24
    try fields.text(text, "text")
    try fields.number(instructionsPerCycle, "instructionsPerCycle", range)
    try fields.number(operationsPerSecond, "operationsPerSecond", range)
    try fields.number(bytesPerSecond, "bytesPerSecond", range)
    try fields.number(rooflineShare, "rooflineShare", range)
    try fields.figure(energy, "energy")
    try fields.texts(missing, "missing")
  }
}

extension SensitivityRecord: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(original, "original")
    try fields.values(probes, "probes")
    try fields.value(distillation, "distillation")
  }
}

extension SensitivityRecord.Probe: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(shape, "shape")
    try fields.value(accuracy, "accuracy")
    try fields.integer(steps, "steps", 0...1 << 40)
    try fields.value(expense, "expense")
    try fields.value(request, "request")
  }
}

extension SensitivityRecord.RequestCheck: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.figure(time, "time")
    try fields.figure(original, "original")
  }
}

extension DistillationCost: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    // Ends and slope of a line through noisy times may lie below 0.
    let line = -FieldLimits.quantity...FieldLimits.quantity
    try fields.figure(fixed, "fixed", line)
    try fields.figure(perMegaparameter, "perMegaparameter", line)
    try fields.figure(teacher, "teacher")
    try fields.figure(evaluation, "evaluation")
    try fields.power(power, "power")
  }
}

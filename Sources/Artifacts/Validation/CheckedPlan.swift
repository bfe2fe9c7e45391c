extension PlanRecord: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.value(model, "model")
    try fields.value(data, "data")
    try fields.value(profile, "profile")
    try fields.value(workload, "workload")
    try fields.value(target, "target")
    try fields.text(strategy, "strategy")
    try fields.integer(candidatesCompared, "candidatesCompared", 0...1 << 60)
    try fields.value(original, "original")
    try fields.value(final, "final")
    try fields.values(alternatives, "alternatives")
    try fields.values(schedule, "schedule")
    try fields.value(compression, "compression")
    try fields.value(settings, "settings")
    try fields.texts(notes, "notes")
    if let loadableBy { try fields.text(loadableBy, "loadableBy") }
    try fields.value(prompt, "prompt")
    if let companions { try fields.text(companions, "companions", limit: 256) }

    let language = model.shape.languageModel
    guard let shape = language.uniform else {
      throw fields.invalid(
        "model.shape.languageModel.blocks", "differ in shape, and a plan needs equal ones")
    }
    guard original.shape == shape else {
      throw fields.invalid("original.shape", "\(original.shape) is not the model's, \(shape)")
    }
    try fields.schedule(schedule, from: shape, to: final.shape)
    for (index, step) in schedule.enumerated() {
      try fields.reachable(step.to, in: language, "schedule[\(index)].to")
    }
    let known = original.costs.map(\.hardware)
    guard known.contains(target.hardware) else {
      throw fields.invalid(
        "target.hardware",
        "the plan has forecasts of \(known.joined(separator: ", ")) and not of \"\(target.hardware)\""
      )
    }
  }
}

extension FieldCheck {
  /// Steps whose indices ascend and of which each begins where the one before ends.
  ///
  /// - Parameter start: Nil where it is not known here.
  func schedule(
    _ steps: [PlanStep], from start: UniformShape?, to final: UniformShape
  ) throws(InvalidField) {
    var shape = start
    var last = 0
    for (index, step) in steps.enumerated() {
      let name = "schedule[\(index)]"
      guard step.index > last else {
        throw invalid("\(name).index", "\(step.index) does not follow \(last)")
      }
      last = step.index
      guard shape == nil || step.from == shape else {
        throw invalid(
          "\(name).from", "\(step.from) is not where the step before ends, \(shape ?? step.from)")
      }
      shape = step.to
    }
    guard shape == nil || shape == final else {
      throw invalid(
        "final.shape", "\(final) is not where the schedule ends, \(shape ?? final)")
    }
  }

  /// A shape that a model can be pruned to: whole groups of heads and, where they are rotary, whole
  /// pairs of dimensions.
  func reachable(
    _ shape: UniformShape, in model: LanguageModelShape, _ name: String
  ) throws(InvalidField) {
    if let attention = model.blocks.first?.attention,
      attention.keyValueHeads(keeping: shape.heads) == nil
    {
      throw invalid(
        "\(name).heads",
        "\(shape.heads) is not a multiple of \(attention.groupSize), the heads that share keys")
    }
    guard model.rotary == nil || shape.headSize.isMultiple(of: 2) else {
      throw invalid("\(name).headSize", "\(shape.headSize) is odd, and rotary heads keep pairs")
    }
  }
}

extension PlanTarget: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.positive(latency.value, "latency")
    try fields.positive(speedUp, "speedUp", atMost: FieldLimits.ratio)
    try fields.positive(annualEnergy?.value, "annualEnergy")
    try fields.positive(compressionEnergy?.value, "compressionEnergy")
    try fields.positive(requestsPerYear, "requestsPerYear")
    try fields.number(powerUsageEffectiveness, "powerUsageEffectiveness", 1...1_000)
    try fields.text(hardware, "hardware")
    try fields.number(maximumAccuracyDrop?.value, "maximumAccuracyDrop", 0...1)
  }
}

extension ShapeForecast: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.text(label, "label")
    try fields.value(shape, "shape")
    try fields.integer(
      languageModelParameters, "languageModelParameters", FieldLimits.parameters)
    try fields.values(costs, "costs")
    try fields.unique(costs, "costs") { $0.hardware }
    try fields.figure(accuracy, "accuracy", 0...1)
  }
}

extension HardwareForecast: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.text(hardware, "hardware")
    try fields.value(request, "request")
  }
}

extension PlanStep: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.integer(index, "index", FieldLimits.steps)
    try fields.value(from, "from")
    try fields.value(to, "to")
    let sizes: [(String, KeyPath<UniformShape, Int>)] = [
      ("blocks", \.blocks), ("feedForwardWidth", \.feedForwardWidth), ("heads", \.heads),
      ("headSize", \.headSize), ("hiddenSize", \.hiddenSize),
    ]
    for (name, size) in sizes {
      try fields.integer(to[keyPath: size], "to.\(name)", 1...from[keyPath: size])
    }
    try fields.integer(epochs, "epochs", FieldLimits.epochs)
    try fields.positive(learningRate, "learningRate", atMost: FieldLimits.learningRate)
  }
}

extension CompressionSettings: FieldChecked {
  package func check(_ fields: FieldCheck) throws(InvalidField) {
    try fields.integer(batchCreatives, "batchCreatives", FieldLimits.batch)
    try fields.integer(
      importanceMiniBatchCreatives, "importanceMiniBatchCreatives", FieldLimits.batch)
    try fields.text(criterion, "criterion")
    try fields.number(pairwiseWeight, "pairwiseWeight", 0...1e6)
    try fields.text(pairwiseReading, "pairwiseReading")
    try fields.number(weightDecay, "weightDecay", 0...1e3)
    try fields.number(queryNoise, "queryNoise", 0...1e3)
    try fields.integer(teacherViews, "teacherViews", FieldLimits.views)
    try fields.number(teacherCacheBytes, "teacherCacheBytes", 0...FieldLimits.quantity)
    try fields.number(tolerance, "tolerance", 0...1)
    try fields.text(precision, "precision")
  }
}

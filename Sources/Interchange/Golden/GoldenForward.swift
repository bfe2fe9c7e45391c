import Artifacts
import Kernels
import Storage
import Training
import Transformers

/// Images of a golden file through vision encoder, Q-Former and projection.
struct GoldenImages {
  let vision: VisionPass
  let queries: QueryFormerPass
  let visionLayout: VisionLayout
  let queryLayout: QueryFormerLayout
  let images: Int
  /// [images · queries, hidden] of the language model.
  let features: Floats

  var rows: Int { images * queryLayout.shape.queryCount }

  /// Nil in a text-only model.
  init?(_ comparer: GoldenComparer, arena: Arena) throws {
    guard let vision = comparer.layout.vision, let former = comparer.layout.queryFormer else {
      return nil
    }
    let parameters = comparer.model.parameters
    let shape = try comparer.file.tensor("pixel_values").shape
    let size = vision.shape.imageSize
    guard shape.count == 4, shape[0] > 0, shape[0] <= 1 << 16,
      shape.dropFirst() == [vision.shape.channels, size, size]
    else {
      throw comparer.malformed(
        "pixel_values", "must be [images, \(vision.shape.channels), \(size), \(size)]")
    }
    let images = shape[0]
    let values = try comparer.file.floats("pixel_values")
    let pixels = arena.floats(values.count)
    for (i, value) in values.enumerated() { pixels[i] = value }
    let encoded = VisionPass(
      vision, parameters: parameters, arena: arena, pixels: pixels, images: images,
      keepsActivations: true)
    let read = QueryFormerPass(
      former, parameters: parameters, arena: arena, imageTokens: encoded.output,
      tokensPerImage: vision.shape.tokenCount, images: images, keepsActivations: true)
    features = arena.floats(images * former.shape.queryCount * comparer.hidden)
    projectQueries(
      read.output, rows: images * former.shape.queryCount, parameters: parameters, into: features)
    self.vision = encoded
    queries = read
    visionLayout = vision
    queryLayout = former
    self.images = images
  }

  /// From the gradient of the features to those of all parameters before them.
  func backward(
    featureGradient: Floats, parameters: Parameters, gradients: Floats, arena: Arena
  ) {
    let dQueries = arena.zeros(rows * queryLayout.shape.hiddenSize)
    projectQueriesBackward(
      queries.output, featureGradient: featureGradient, rows: rows, parameters: parameters,
      gradients: gradients, queryGradient: dQueries)
    let dImage = arena.zeros(
      images * visionLayout.shape.tokenCount * visionLayout.shape.hiddenSize)
    queries.backward(gradient: dQueries, gradients: gradients, imageGradient: dImage)
    vision.backward(gradient: dImage, gradients: gradients)
  }
}

extension GoldenComparer {
  /// Logits, hidden states, loss and gradients, by labels and by a teacher.
  mutating func compareForwardAndBackward() throws {
    let arena = Arena()
    let golden = try GoldenBatch(self, prefix: "")
    markUsed("input_ids", "attention_mask", "labels", "pixel_values")
    let images = try GoldenImages(self, arena: arena)
    guard golden.imageTokens == images?.rows ?? 0 else {
      throw malformed(
        "input_ids",
        "\(golden.imageTokens) image tokens, where the images have \(images?.rows ?? 0) rows")
    }
    if let images { try compareImages(images) }
    let pass = LanguageModelPass(
      parameters: model.parameters, arena: arena, batch: golden.batch,
      features: images.map { UnsafePointer($0.features) }, keepsActivations: true)
    let total = golden.sequences * golden.places
    let prefix = images == nil ? "" : "lm."
    try check(
      prefix + "block.0.in", pass.input, rows: golden.kept, width: hidden, totalRows: total)
    for (i, output) in pass.blockOutputs.enumerated() {
      let block = "\(prefix)block.\(i)."
      let modules = pass.moduleOutputs(block: i)
      for (name, values) in [("attn_out", modules.attention), ("ffn_out", modules.feedForward)] {
        try values.withUnsafeBufferPointer {
          guard let base = $0.baseAddress else { return }
          try check(block + name, base, rows: golden.kept, width: hidden, totalRows: total)
        }
      }
      try check(block + "out", output, rows: golden.kept, width: hidden, totalRows: total)
    }
    try check(
      prefix + "final_norm.out", pass.normed, rows: golden.kept, width: hidden, totalRows: total)
    try check("logits", pass.logits, rows: golden.kept, width: vocabulary, totalRows: total)
    guard golden.labelsAreReachable, golden.batch.targets.contains(where: { $0 >= 0 }) else {
      return
    }
    try compareLoss(
      HardLabelLoss(), golden, images, teacher: nil, lossName: "loss", gradientPrefix: "grad.")
    if file.contains("kd.teacher_logits") {
      markUsed("kd.teacher_logits")
      let logits = try file.floats(
        "kd.teacher_logits", shape: [golden.sequences, golden.places, vocabulary])
      let teacher = golden.targetPlaces.flatMap {
        logits[($0 * vocabulary)..<(($0 + 1) * vocabulary)]
      }
      try compareLoss(
        DistillationLoss(pairwiseWeight: 0, temperature: 2, softWeight: 0.7, hardWeight: 0.3),
        golden, images, teacher: teacher, lossName: "kd.loss", gradientPrefix: "kd.grad.")
    }
  }

  private mutating func compareImages(_ images: GoldenImages) throws {
    let visionShape = images.visionLayout.shape
    let rows = images.images * visionShape.tokenCount
    let width = visionShape.hiddenSize
    if let input = images.vision.input {
      try check("vision.block.0.in", input, width: width, totalRows: rows)
    }
    for (i, output) in images.vision.blockOutputs.enumerated() {
      try check("vision.block.\(i).out", output, width: width, totalRows: rows)
    }
    try check("vision.last_hidden_state", images.vision.output, width: width, totalRows: rows)
    let queryWidth = images.queryLayout.shape.hiddenSize
    try check("qformer.in", images.queries.input, width: queryWidth, totalRows: images.rows)
    for (i, output) in images.queries.blockOutputs.enumerated() {
      try check("qformer.layer.\(i).out", output, width: queryWidth, totalRows: images.rows)
    }
    try check("image_features", images.features, width: hidden, totalRows: images.rows)
  }

  private mutating func compareLoss(
    _ loss: some TokenLoss, _ golden: GoldenBatch, _ images: GoldenImages?, teacher: [Float]?,
    lossName: String, gradientPrefix: String
  ) throws {
    guard file.contains(lossName) || file.names.contains(where: { $0.hasPrefix(gradientPrefix) })
    else { return }
    let gradients = AlignedBuffer(count: model.parameters.count)
    let total = lossAndGradients(
      loss, golden.withTargetsOnly, images, parameters: model.parameters, teacher: teacher,
      gradients: gradients.pointer)
    try check(lossName, total)
    try checkParameters(
      gradientPrefix, gradients.pointer, tolerance: self.gradients(gradientPrefix))
  }

  /// The mean loss over the targets of `batch`; adds its gradients.
  func lossAndGradients(
    _ loss: some TokenLoss, _ batch: LanguageBatch, _ images: GoldenImages?,
    parameters: Parameters, teacher: [Float]?, gradients: Floats
  ) -> Double {
    let arena = Arena()
    let rows = batch.targets.count
    let pass = LanguageModelPass(
      parameters: parameters, arena: arena, batch: batch,
      features: images.map { UnsafePointer($0.features) }, keepsActivations: true)
    let dLogits = arena.floats(rows * vocabulary)
    let scratch = arena.floats(2 * rows * (vocabulary + 1))
    let teacherLogits = arena.floats(max(1, teacher?.count ?? 0))
    for (i, value) in (teacher ?? []).enumerated() { teacherLogits[i] = value }
    let total = batch.targets.withUnsafeBufferPointer { targets -> Double in
      guard let targets = targets.baseAddress else { return 0 }
      return loss.evaluate(
        logits: pass.logits, teacher: teacher == nil ? nil : UnsafePointer(teacherLogits),
        targets: targets, gradient: dLogits, rows: rows, vocabulary: vocabulary,
        scale: 1 / Float(rows), scratch: scratch)
    }
    let dFeatures = images.map { arena.zeros($0.rows * hidden) }
    pass.backward(logitGradient: dLogits, gradients: gradients, featureGradient: dFeatures)
    if let images, let dFeatures {
      images.backward(
        featureGradient: dFeatures, parameters: parameters, gradients: gradients, arena: arena)
    }
    return total / Double(rows)
  }
}

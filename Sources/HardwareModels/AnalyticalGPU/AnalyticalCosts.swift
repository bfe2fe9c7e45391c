package import Artifacts

extension AnalyticalGPU {
  /// The same tables that profiling measures on the build machine, so that plans treat both alike.
  ///
  /// The image prefix is prefilled once per creative, the prompts of all questions together, and
  /// decode steps run all sequences of the request as one batch. Throws where the blocks differ.
  package func hardwareCosts(
    model: ModelShape, workload: Workload
  ) throws(HardwareModelError) -> HardwareCosts {
    let language = model.languageModel
    guard let original = language.uniform else {
      throw .invalidProfile(
        name: profile.name, field: "model", problem: "has blocks of different shapes")
    }
    let request = GPURequest(workload, model)
    let blocks = language.blocks.count
    let passes = { (kernels: GPUKernels, model: LanguageModelShape, count: Int) in
      kernels.passes(model, blocks: count, request)
    }
    // A table adds blocks up, a pass takes the slower of host and card in all: a block costs what the
    // original's number of them adds to one, which is exact at both ends.
    func block(_ model: LanguageModelShape, _ pass: KeyPath<LanguagePasses, PassWork>) -> Expense {
      banded { kernels in
        guard blocks > 1 else { return [passes(kernels, model, 1)[keyPath: pass].blockAlone] }
        let share = 1 / Double(blocks - 1)
        return [
          passes(kernels, model, blocks)[keyPath: pass].times(share),
          passes(kernels, model, 1)[keyPath: pass].times(-share),
        ]
      }
    }
    func first(_ model: LanguageModelShape, _ pass: KeyPath<LanguagePasses, PassWork>) -> Expense {
      banded { [passes($0, model, 1)[keyPath: pass].times(1)] }
    }

    let multiple = language.blocks.first?.attention.queryHeadMultiple ?? 1
    let samples = Grid(original, headMultiple: multiple).shapes.map { shape in
      let single = language.resized(to: shape)
      return BlockCostSample(
        hiddenSize: shape.hiddenSize, heads: shape.heads, headSize: shape.headSize,
        feedForwardWidth: shape.feedForwardWidth,
        prefill: block(single, \.prefill), decode: block(single, \.decode),
        firstPrefill: first(single, \.prefill), firstDecode: first(single, \.decode))
    }
    var phases: [RequestPhaseCost] = []
    if model.vision != nil {
      phases.append(
        RequestPhaseCost(phase: .vision, cost: banded { [($0.vision(model, request), 1)] }))
    }
    if model.queryFormer != nil {
      phases.append(
        RequestPhaseCost(
          phase: .queryFormer, cost: banded { [($0.queryFormer(model, request), 1)] }))
    }
    phases.append(
      RequestPhaseCost(
        phase: .prefill, cost: banded { [passes($0, language, blocks).prefill.times(1)] }))
    phases.append(
      RequestPhaseCost(
        phase: .decode, cost: banded { [passes($0, language, blocks).decode.times(1)] }))
    let whole = try self.request(model: model, workload: workload)
    return HardwareCosts(
      name: profile.name,
      description: "\(profile.description), \(precision.rawValue), \(engine.rawValue) engine",
      request: whole, phases: phases, blocks: samples, activePower: power(whole),
      idlePower: idlePower)
  }

  /// One request of a model: what `hardwareCosts` says of the original, without its tables.
  package func request(
    model: ModelShape, workload: Workload
  ) throws(HardwareModelError) -> Expense {
    let language = model.languageModel
    guard language.uniform != nil else {
      throw .invalidProfile(
        name: profile.name, field: "model", problem: "has blocks of different shapes")
    }
    let request = GPURequest(workload, model)
    return banded { kernels in
      let passes = kernels.passes(language, blocks: language.blocks.count, request)
      return [
        (kernels.vision(model, request), 1), (kernels.queryFormer(model, request), 1),
        passes.prefill.times(1), passes.decode.times(1),
      ]
    }
  }

  private func power(_ request: Expense) -> Figure<Watts> {
    guard let time = request.time.value, let energy = request.energy.value, time.value > 0 else {
      return .unavailable("no request was modelled")
    }
    return .modelled(Watts(energy.value / time.value), source: source)
  }

  private var idlePower: Figure<Watts> {
    guard let band = profile.parameters.first(where: { $0.parameter == .idlePower }) else {
      return .unavailable("not in the profile")
    }
    return .modelled(
      Watts(band.value), low: Watts(band.low), high: Watts(band.high), source: band.source)
  }
}

/// A pass of a language model, and how often a request takes it.
private struct PassWork {
  var blocks: GPUWork
  var stem: GPUWork
  var count: Double

  /// All of the request's passes, `factor` times.
  func times(_ factor: Double) -> (work: GPUWork, times: Double) {
    (blocks + stem, count * factor)
  }

  var blockAlone: (work: GPUWork, times: Double) { (blocks, count) }
}

private struct LanguagePasses {
  var prefill: PassWork
  var decode: PassWork
}

extension GPUKernels {
  /// Passes of a model whose blocks are all like its first, `blocks` of them.
  fileprivate func passes(
    _ model: LanguageModelShape, blocks: Int, _ request: GPURequest
  ) -> LanguagePasses {
    let rotates = !model.learnedPositions
    let block = model.blocks.first
    let count = Double(blocks)
    return LanguagePasses(
      prefill: PassWork(
        blocks: block.map { prefillBlock($0, request, rotates: rotates) * count } ?? GPUWork(),
        stem: stem(model, rows: request.prefillRows, sequences: request.sequences), count: 1),
      decode: PassWork(
        blocks: block.map { decodeBlock($0, request, rotates: rotates) * count } ?? GPUWork(),
        stem: stem(model, rows: request.sequences, sequences: request.sequences),
        count: Double(request.decodeSteps)))
  }
}

extension GPUKernels {
  /// Image encoder of all creatives.
  fileprivate func vision(_ model: ModelShape, _ request: GPURequest) -> GPUWork {
    guard let vision = model.vision else { return GPUWork() }
    let patches = request.creatives * vision.patchCount
    var work =
      elementwise(2 * patches * vision.patchWidth)
      + gemm(patches, vision.hiddenSize, vision.patchWidth)
      + elementwise(3 * request.creatives * vision.tokenCount * vision.hiddenSize)
    for block in vision.blocks {
      work += encoderBlock(block, sequences: request.creatives, tokens: vision.tokenCount)
    }
    return work
  }

  /// Q-Former of all creatives, and its projection to the language model.
  fileprivate func queryFormer(_ model: ModelShape, _ request: GPURequest) -> GPUWork {
    guard let former = model.queryFormer else { return GPUWork() }
    var work = GPUWork()
    for block in former.blocks {
      work += encoderBlock(block, sequences: request.creatives, tokens: former.queryCount)
      work += crossAttention(
        block, sequences: request.creatives, queries: former.queryCount,
        memoryTokens: model.vision?.tokenCount ?? 0)
    }
    return work
      + gemm(
        request.creatives * former.queryCount, model.languageModel.hiddenSize, former.hiddenSize)
  }
}

/// The sampled shapes: a cross of hidden sizes and feed-forward widths, and at the largest hidden
/// size and a small one every eighth of the head size, one of them with half the heads.
private struct Grid {
  var shapes: [UniformShape] = []

  init(_ original: UniformShape, headMultiple: Int) {
    let widths = [1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0.0625].map {
      max(min(64, original.feedForwardWidth), Int(Double(original.feedForwardWidth) * $0))
    }
    let sizes = (1...8).reversed().map { original.headSize * $0 / 8 }.filter { $0 > 0 }
    var seen: Set<UniformShape> = []
    func add(_ hidden: Int, _ heads: Int, _ size: Int, _ width: Int) {
      let shape = UniformShape(
        blocks: 1, feedForwardWidth: width, heads: heads, headSize: size, hiddenSize: hidden)
      if seen.insert(shape).inserted { shapes.append(shape) }
    }
    for size in sizes {
      for width in widths {
        add(original.hiddenSize(withHeadSize: size), original.heads, size, width)
      }
    }
    let small = original.hiddenSize(withHeadSize: sizes[max(0, sizes.count - 2)])
    let fewer = original.heads / 2 / headMultiple * headMultiple
    for end in Set([original.hiddenSize, small]).sorted() {
      for size in sizes { add(end, original.heads, size, widths[0]) }
      if fewer > 0 { add(end, fewer, original.headSize, widths[0]) }
    }
  }
}

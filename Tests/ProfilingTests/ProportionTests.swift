import Artifacts
import HardwareModels
import Profiling
import TestSupport
import Testing

/// Models whose heads are wider or narrower than the hidden size.
@Suite struct ProportionTests {
  private func shape(_ blocks: Int, _ width: Int, _ headSize: Int) -> UniformShape {
    UniformShape(
      blocks: blocks, feedForwardWidth: width, heads: 8, headSize: headSize,
      hiddenSize: 8 * headSize)
  }

  /// The probes of the shipped model, as its measured results know them.
  @Test func probesOfTheShippedModelAreKnown() {
    #expect(
      probeShapes(of: DecoderCase.tied[0].shape) == [
        shape(2, 736, 24), shape(3, 960, 28), shape(3, 576, 20), shape(12, 448, 8),
        shape(2, 512, 28), shape(4, 576, 16), shape(6, 544, 12), shape(2, 320, 32),
        shape(3, 352, 24), shape(4, 864, 24),
      ])
  }

  @Test(arguments: DecoderCase.tied + DecoderCase.free)
  func probesStayWithinTheOriginal(decoder: DecoderCase) throws {
    let original = decoder.uniform
    let probes = probeShapes(of: decoder.shape)
    #expect(!probes.isEmpty)
    for probe in probes {
      #expect(probe != original)
      #expect(probe.blocks <= original.blocks && probe.blocks > 0)
      #expect(probe.feedForwardWidth <= original.feedForwardWidth && probe.feedForwardWidth > 0)
      #expect(probe.heads == original.heads)
      #expect(probe.headSize <= original.headSize && probe.headSize > 0)
      #expect(probe.hiddenSize <= original.hiddenSize && probe.hiddenSize > 0)
      // Rotary heads have whole pairs.
      #expect(!original.headSize.isMultiple(of: 2) || probe.headSize.isMultiple(of: 2))
      if original.tiesHiddenSize { #expect(probe.tiesHiddenSize) }
    }
  }

  /// A large model has room for its proportions and its budgets of weights.
  @Test func probesKeepProportionsAndWeights() throws {
    var decoder = DecoderCase.free[0]
    decoder.uniform.blocks = 12
    let block = decoder.shape.blocks[0]
    let weights = Double(decoder.uniform.blocks * block.parameterCount)
    let probes = probeShapes(of: decoder.shape)
    for probe in probes {
      let ratio = Double(probe.attentionWidth) / Double(probe.hiddenSize)
      #expect(abs(ratio - 2) < 0.25)
      let share = Double(probe.blocks * block.resized(to: probe).parameterCount) / weights
      #expect([0.2, 1.0 / 11].contains { abs(share / $0 - 1) < 0.15 }, "\(probe)")
    }
  }

  /// Queries read `kv` shared heads in groups; attention works on whole vectors of 8.
  private func blockSeconds(_ block: BlockWidths, _ decoder: DecoderCase) -> Double {
    let group = decoder.uniform.heads / decoder.keyValueHeads
    let rows = Double(block.heads) * (2 + 2 / Double(group)) * Double(block.headSize)
    let core = Double(block.heads) * (2_000 * Double((block.headSize + 7) / 8) + 1_500)
    return 1e-9
      * (Double(block.hiddenSize) * (rows + Double(3 * block.feedForwardWidth + 40)) + core)
  }

  private func firstSeconds(_ block: BlockWidths, _ decoder: DecoderCase) -> Double {
    3e-8 * Double(block.hiddenSize) + 0.45 * blockSeconds(block, decoder)
  }

  private func seconds(_ shape: UniformShape, _ decoder: DecoderCase) -> Double {
    let block = BlockWidths(shape)
    return 1e-6 + firstSeconds(block, decoder)
      + Double(shape.blocks - 1) * blockSeconds(block, decoder)
  }

  /// A profile's table on the samples that a profile takes.
  private func table(_ decoder: DecoderCase) throws -> MeasuredCostTable {
    func expense(_ seconds: Double) -> Expense {
      Expense(
        time: .measured(Seconds(seconds), source: "clock"),
        energy: .modelled(Joules(5 * seconds), source: "power"))
    }
    let grid = SamplingGrid(original: decoder.uniform, headMultiple: decoder.headMultiple)
    let costs = HardwareCosts(
      name: "build", description: "test", request: expense(seconds(decoder.uniform, decoder)),
      phases: [RequestPhaseCost(phase: .vision, cost: expense(1e-6))],
      blocks: grid.firstPoints.map { point in
        let block = blockSeconds(point, decoder)
        let first = firstSeconds(point, decoder)
        return BlockCostSample(
          hiddenSize: point.hiddenSize, heads: point.heads, headSize: point.headSize,
          feedForwardWidth: point.feedForwardWidth, prefill: expense(0.6 * block),
          decode: expense(0.4 * block), firstPrefill: expense(0.3 * first),
          firstDecode: expense(0.7 * first))
      }, activePower: .unavailable("test"), idlePower: .unavailable("test"))
    return try MeasuredCostTable(costs: costs, original: decoder.uniform)
  }

  @Test(arguments: DecoderCase.tied + DecoderCase.free)
  func samplesStayWithinTheOriginal(decoder: DecoderCase) {
    let original = decoder.uniform
    let points = SamplingGrid(original: original, headMultiple: decoder.headMultiple).firstPoints
    #expect(points.contains(BlockWidths(original)))
    for point in points {
      #expect(point.hiddenSize <= original.hiddenSize && point.hiddenSize > 0)
      #expect(point.heads <= original.heads && point.heads.isMultiple(of: decoder.headMultiple))
      #expect(point.headSize <= original.headSize && point.headSize > 0)
      #expect(point.feedForwardWidth <= original.feedForwardWidth)
    }
    if original.hiddenSize >= 64 && !original.tiesHiddenSize {
      #expect(Set(points.map(\.hiddenSize)).count >= 4)
    }
  }

  /// The parts add up at the original, and the forecast of shapes between the samples is right.
  @Test(arguments: DecoderCase.free.prefix(4))
  func forecastsWideAndNarrowHeads(decoder: DecoderCase) throws {
    let table = try table(decoder)
    let original = decoder.uniform
    #expect(abs(table.timeCalibration - 1) < 0.01)
    var shapes = [original]
    func add(_ change: (inout UniformShape) -> Void) {
      var shape = original
      change(&shape)
      shapes.append(shape)
    }
    add { $0.blocks = 1 }
    add { $0.feedForwardWidth /= 2 }
    add { $0.hiddenSize /= 2 }
    add { $0.headSize /= 2 }
    add { $0.hiddenSize = $0.hiddenSize * 3 / 4 }
    add {
      $0.hiddenSize = $0.hiddenSize * 3 / 4
      $0.headSize /= 2
      $0.feedForwardWidth /= 2
    }
    add {
      $0.hiddenSize /= 2
      $0.heads /= 2
    }
    for shape in shapes {
      let predicted = try #require(table.request(shape: shape).time.value?.value)
      #expect(abs(predicted / seconds(shape, decoder) - 1) < 0.05, "\(shape)")
    }
  }
}

import Artifacts
import Foundation
import Kernels
import Testing

/// What distinguishes the ways attention is called.
enum AttentionCase: String, CaseIterable, CustomTestStringConvertible {
  case causal, causalWithPrefix, bidirectional, bidirectionalWithPrefix, shared, decode, continued
  case crowded, windowed

  var testDescription: String { rawValue }

  func draw(_ generator: inout SeededGenerator, maximum: Int = 24) -> AttentionReference {
    let keyValueHeads = 1 + generator.integer(below: 3)
    let group = self == .shared ? 2 + generator.integer(below: 2) : 1
    let geometry = AttentionGeometry(
      queryHeads: keyValueHeads * group, keyValueHeads: keyValueHeads,
      headSize: 1 + generator.integer(below: 34), valueHeadSize: 1 + generator.integer(below: 34),
      scale: 0.3, causal: self != .bidirectional && self != .bidirectionalWithPrefix,
      window: self == .windowed ? 1 + generator.integer(below: 20) : nil)
    let queryCount = self == .decode ? 1 : 1 + generator.integer(below: maximum)
    let more = 1 + generator.integer(below: 30)
    let keyCount: Int
    switch self {
    case .decode, .continued, .bidirectionalWithPrefix: keyCount = queryCount + more
    case .crowded: keyCount = max(1, queryCount - more)
    default: keyCount = queryCount
    }
    let prefixCount: Int
    switch self {
    case .causalWithPrefix, .bidirectionalWithPrefix, .shared, .decode, .windowed:
      prefixCount = 1 + generator.integer(below: 20)
    default: prefixCount = 0
    }
    return AttentionReference(
      geometry: geometry, queryCount: queryCount, prefixCount: prefixCount, keyCount: keyCount,
      queryStride: geometry.queryHeads * geometry.headSize + generator.integer(below: 3),
      keyStride: keyValueHeads * geometry.headSize + generator.integer(below: 3),
      valueStride: keyValueHeads * geometry.valueHeadSize + generator.integer(below: 3),
      outputStride: geometry.queryHeads * geometry.valueHeadSize + generator.integer(below: 3))
  }
}

/// The buffers of one call, as the kernel takes them.
struct AttentionBuffers {
  let queries, prefixKeys, prefixValues, keys, values, output, probabilities: Guarded

  init(_ r: AttentionReference, _ generator: inout SeededGenerator) {
    queries = Guarded(random: r.queryCount * r.queryStride, &generator)
    prefixKeys = Guarded(random: r.prefixCount * r.keyStride, &generator)
    prefixValues = Guarded(random: r.prefixCount * r.valueStride, &generator)
    keys = Guarded(random: r.keyCount * r.keyStride, &generator)
    values = Guarded(random: r.keyCount * r.valueStride, &generator)
    output = Guarded(random: r.queryCount * r.outputStride, &generator)
    probabilities = Guarded(
      random: r.geometry.queryHeads * r.queryCount * r.keys, &generator)
  }

  var inputs: AttentionReference.Inputs {
    .init(
      queries: queries.values, prefixKeys: prefixKeys.values, prefixValues: prefixValues.values,
      keys: keys.values, values: values.values)
  }

  func forward(_ r: AttentionReference, keeping: Bool = true) {
    let prefix = r.prefixCount > 0
    attentionForward(
      r.geometry, queries: queries.constant, queryStride: r.queryStride,
      queryCount: r.queryCount, prefixKeys: prefix ? prefixKeys.constant : nil,
      prefixValues: prefix ? prefixValues.constant : nil, prefixCount: r.prefixCount,
      keys: keys.constant, values: values.constant, keyCount: r.keyCount, keyStride: r.keyStride,
      valueStride: r.valueStride, output: output.pointer, outputStride: r.outputStride,
      probabilities: keeping ? probabilities.pointer : nil)
  }
}

@Suite struct AttentionTests {
  @Test(arguments: AttentionCase.allCases)
  func forwardMatchesDoublePrecision(_ kind: AttentionCase) {
    var generator = SeededGenerator(seed: 60, stream: kind.rawValue)
    for _ in 0..<60 {
      let reference = kind.draw(&generator)
      let buffers = AttentionBuffers(reference, &generator)
      let before = buffers.output.values
      buffers.forward(reference)
      let expected = reference.forward(buffers.inputs)
      let used = reference.geometry.queryHeads * reference.geometry.valueHeadSize
      let output = before.indices.map {
        $0 % reference.outputStride < used ? expected.output[$0] : before[$0]
      }
      #expect(deviation(buffers.output.values, from: output) < 3e-6, "\(reference)")
      #expect(deviation(buffers.probabilities.values, from: expected.probabilities) < 3e-6)
      #expect(buffers.output.intact && buffers.probabilities.intact)

      let bits = buffers.output.bits
      buffers.forward(reference, keeping: false)
      #expect(buffers.output.bits == bits, "without probabilities")
    }
  }

  @Test func longBidirectionalSegment() {
    var generator = SeededGenerator(seed: 61)
    var reference = AttentionCase.bidirectional.draw(&generator)
    reference.queryCount = 65
    reference.keyCount = 65
    let buffers = AttentionBuffers(reference, &generator)
    buffers.forward(reference)
    let expected = reference.forward(buffers.inputs)
    #expect(deviation(buffers.probabilities.values, from: expected.probabilities) < 3e-6)
  }

  @Test(arguments: AttentionCase.allCases)
  func backwardMatchesCentralDifferences(_ kind: AttentionCase) {
    var generator = SeededGenerator(seed: 62, stream: kind.rawValue)
    for _ in 0..<30 {
      let r = kind.draw(&generator, maximum: 10)
      let buffers = AttentionBuffers(r, &generator)
      buffers.forward(r)
      let above = Guarded(random: buffers.output.count, &generator)
      let slots = [
        buffers.queries, buffers.prefixKeys, buffers.prefixValues, buffers.keys, buffers.values,
      ]
      let gradients = slots.map { Guarded(random: $0.count, &generator) }
      let before = gradients.map(\.values)
      let prefix = r.prefixCount > 0
      attentionBackward(
        r.geometry, queries: buffers.queries.constant, queryStride: r.queryStride,
        queryCount: r.queryCount, prefixKeys: prefix ? buffers.prefixKeys.constant : nil,
        prefixValues: prefix ? buffers.prefixValues.constant : nil, prefixCount: r.prefixCount,
        keys: buffers.keys.constant, values: buffers.values.constant, keyCount: r.keyCount,
        keyStride: r.keyStride, valueStride: r.valueStride,
        probabilities: buffers.probabilities.constant, gradientOutput: above.constant,
        outputStride: r.outputStride, gradientQueries: gradients[0].pointer,
        gradientPrefixKeys: prefix ? gradients[1].pointer : nil,
        gradientPrefixValues: prefix ? gradients[2].pointer : nil,
        gradientKeys: gradients[3].pointer, gradientValues: gradients[4].pointer)

      let inputs = buffers.inputs
      let paths: [WritableKeyPath<AttentionReference.Inputs, [Double]>] = [
        \.queries, \.prefixKeys, \.prefixValues, \.keys, \.values,
      ]
      for (slot, path) in paths.enumerated() where gradients[slot].count > 0 {
        for _ in 0..<4 {
          let i = generator.integer(below: gradients[slot].count)
          let expected = centralDifference(inputs[keyPath: path], i) { moved in
            var changed = inputs
            changed[keyPath: path] = moved
            return r.loss(changed, weights: above.values)
          }
          let overwritten =
            slot == 0 && i % r.queryStride < r.geometry.queryHeads * r.geometry.headSize
          let measured = gradients[slot].values[i] - (overwritten ? 0 : before[slot][i])
          #expect(abs(measured - expected) < 1e-4 * (1 + abs(expected)), "\(path) of \(r)")
        }
        #expect(gradients[slot].intact)
      }
    }
  }

  /// The prefix and its gradients are optional: a frozen prefix costs nothing.
  @Test func prefixGradientsCanBeSkipped() {
    var generator = SeededGenerator(seed: 63)
    let r = AttentionCase.causalWithPrefix.draw(&generator)
    let buffers = AttentionBuffers(r, &generator)
    buffers.forward(r)
    let above = Guarded(random: buffers.output.count, &generator)
    let runs = [true, false].map { wanted in
      let gradients = [buffers.queries, buffers.keys, buffers.values].map {
        Guarded(count: $0.count)
      }
      let prefixKeys = Guarded(count: buffers.prefixKeys.count)
      let prefixValues = Guarded(count: buffers.prefixValues.count)
      attentionBackward(
        r.geometry, queries: buffers.queries.constant, queryStride: r.queryStride,
        queryCount: r.queryCount, prefixKeys: buffers.prefixKeys.constant,
        prefixValues: buffers.prefixValues.constant, prefixCount: r.prefixCount,
        keys: buffers.keys.constant, values: buffers.values.constant, keyCount: r.keyCount,
        keyStride: r.keyStride, valueStride: r.valueStride,
        probabilities: buffers.probabilities.constant, gradientOutput: above.constant,
        outputStride: r.outputStride, gradientQueries: gradients[0].pointer,
        gradientPrefixKeys: wanted ? prefixKeys.pointer : nil,
        gradientPrefixValues: wanted ? prefixValues.pointer : nil,
        gradientKeys: gradients[1].pointer, gradientValues: gradients[2].pointer)
      return gradients.map(\.bits)
    }
    #expect(runs[0] == runs[1])
  }
}

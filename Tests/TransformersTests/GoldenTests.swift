import Artifacts
import Foundation
import Kernels
import Storage
import TestSupport
import Testing
import Transformers

/// Logits, hidden states, loss and gradients against goldens made by Hugging Face transformers.
@Suite struct GoldenTests {
  let folder = fixtures(#filePath)

  func maximumDifference(_ values: UnsafePointer<Float>, _ golden: [Float]) -> Float {
    golden.indices.reduce(0) { max($0, abs(values[$1] - golden[$1])) }
  }

  /// Gradients may differ by 1e-4 + 1e-3·|g|.
  func worstGradientExcess(_ gradients: UnsafePointer<Float>, _ golden: [Float]) -> Float {
    golden.indices.reduce(0) {
      max($0, abs(gradients[$1] - golden[$1]) / (1e-4 + 1e-3 * abs(golden[$1])))
    }
  }

  @Test func optForwardAndBackward() throws {
    let loaded = try Checkpoint.load(folder: folder.appending(path: "opt").path)
    let golden = try SafetensorsFile(
      path: folder.appending(path: "opt/golden.safetensors").path)
    let ids = try golden.readIntegers("input_ids")
    let labels = try golden.readIntegers("labels")
    let (rows, length) = (2, 10)
    var batch = LanguageBatch()
    for row in 0..<rows {
      let sequence = ids[(row * length)..<((row + 1) * length)].map { Int32($0) }
      let shifted = (1...length).map { i in
        i < length ? Int32(labels[row * length + i]) : -1
      }
      batch.append(sequence: sequence, targets: shifted.map { $0 < 0 ? -1 : $0 })
    }
    let arena = Arena()
    let pass = LanguageModelPass(
      parameters: loaded.parameters, arena: arena, batch: batch, features: nil,
      keepsActivations: true)
    #expect(maximumDifference(pass.logits, try golden.floats("logits")) < 1e-4)
    #expect(maximumDifference(pass.input, try golden.floats("block.0.in")) < 1e-4)
    for (i, output) in pass.blockOutputs.enumerated() {
      #expect(maximumDifference(output, try golden.floats("block.\(i).out")) < 1e-4)
    }
    #expect(maximumDifference(pass.normed, try golden.floats("final_norm.out")) < 1e-4)

    let vocabulary = loaded.parameters.layout.languageModel.shape.vocabularySize
    let dLogits = arena.floats(rows * length * vocabulary)
    let counted = batch.targets.count { $0 >= 0 }
    let loss = batch.targets.withUnsafeBufferPointer {
      crossEntropy(
        logits: pass.logits, targets: $0.baseAddress!, gradient: dLogits, rows: rows * length,
        vocabulary: vocabulary, scale: 1 / Float(counted))
    }
    #expect(abs(Float(loss) / Float(counted) - (try golden.floats("loss")[0])) < 1e-4)
    let gradients = AlignedBuffer(count: loaded.parameters.count)
    pass.backward(logitGradient: dLogits, gradients: gradients.pointer, featureGradient: nil)
    for view in loaded.parameters.layout.table.views {
      let excess = worstGradientExcess(
        gradients.pointer + view.offset, try golden.floats("grad." + view.name))
      #expect(excess < 1, "\(view.name): \(excess) times the tolerance")
    }
  }

  @Test func optLeftPaddedBatch() throws {
    let loaded = try Checkpoint.load(folder: folder.appending(path: "opt").path)
    let golden = try SafetensorsFile(
      path: folder.appending(path: "opt/golden.safetensors").path)
    let ids = try golden.readIntegers("padded.input_ids")
    let mask = try golden.readIntegers("padded.attention_mask")
    let expected = try golden.floats("padded.logits")
    var batch = LanguageBatch()
    var kept: [Int] = []
    for row in 0..<2 {
      let positions = (0..<10).map { row * 10 + $0 }.filter { mask[$0] == 1 }
      kept += positions
      batch.append(
        sequence: positions.map { Int32(ids[$0]) }, targets: positions.map { _ in -1 })
    }
    let pass = LanguageModelPass(
      parameters: loaded.parameters, arena: Arena(), batch: batch, features: nil,
      keepsActivations: false)
    let vocabulary = loaded.parameters.layout.languageModel.shape.vocabularySize
    for (row, source) in kept.enumerated() {
      let golden = Array(expected[(source * vocabulary)..<((source + 1) * vocabulary)])
      #expect(maximumDifference(pass.logits + row * vocabulary, golden) < 1e-4)
    }
  }

  @Test func optGreedyGenerationWithCache() throws {
    let loaded = try Checkpoint.load(folder: folder.appending(path: "opt").path)
    let golden = try SafetensorsFile(
      path: folder.appending(path: "opt/golden.safetensors").path)
    let ids = try golden.readIntegers("greedy.ids").map { Int32($0) }
    let generator = GreedyGenerator(InferenceModel(loaded.parameters), arena: Arena())
    let result = generator.generate(
      [GenerationGroup(imageRows: 0, prompts: [Array(ids.prefix(4))])], features: nil, newTokens: 8)
    #expect(result == [Array(ids.dropFirst(4))])
  }

  @Test func blip2ForwardAndBackward() throws {
    let loaded = try Checkpoint.load(folder: folder.appending(path: "blip2-opt").path)
    let parameters = loaded.parameters
    let golden = try SafetensorsFile(
      path: folder.appending(path: "blip2-opt/golden.safetensors").path)
    let vision = try #require(parameters.layout.vision)
    let queryFormer = try #require(parameters.layout.queryFormer)
    let arena = Arena()
    let pixels = try golden.floats("pixel_values")
    let images = 2
    let encoded = pixels.withUnsafeBufferPointer {
      VisionPass(
        vision, parameters: parameters, arena: arena, pixels: $0.baseAddress!, images: images,
        keepsActivations: true)
    }
    for (i, output) in encoded.blockOutputs.enumerated() {
      #expect(maximumDifference(output, try golden.floats("vision.block.\(i).out")) < 1e-4)
    }
    #expect(
      maximumDifference(encoded.output, try golden.floats("vision.last_hidden_state")) < 1e-4)
    let queries = QueryFormerPass(
      queryFormer, parameters: parameters, arena: arena, imageTokens: encoded.output,
      tokensPerImage: vision.shape.tokenCount, images: images, keepsActivations: true)
    #expect(maximumDifference(queries.input, try golden.floats("qformer.in")) < 1e-4)
    for (i, output) in queries.blockOutputs.enumerated() {
      #expect(maximumDifference(output, try golden.floats("qformer.layer.\(i).out")) < 1e-4)
    }
    let hidden = parameters.layout.languageModel.shape.hiddenSize
    let queryRows = images * queryFormer.shape.queryCount
    let features = arena.floats(queryRows * hidden)
    projectQueries(queries.output, rows: queryRows, parameters: parameters, into: features)
    #expect(maximumDifference(features, try golden.floats("image_features")) < 1e-4)

    let ids = try golden.readIntegers("input_ids")
    let labels = try golden.readIntegers("labels")
    let (rows, length) = (2, 14)
    var batch = LanguageBatch()
    var image: Int32 = 0
    for row in 0..<rows {
      let sequence = (0..<length).map { i -> Int32 in
        if ids[row * length + i] == 87 {
          image += 1
          return -image
        }
        return Int32(ids[row * length + i])
      }
      let shifted = (1...length).map { i in i < length ? Int32(labels[row * length + i]) : -1 }
      batch.append(sequence: sequence, targets: shifted.map { $0 < 0 ? -1 : $0 })
    }
    let pass = LanguageModelPass(
      parameters: parameters, arena: arena, batch: batch, features: features,
      keepsActivations: true)
    #expect(maximumDifference(pass.logits, try golden.floats("logits")) < 1e-4)

    let vocabulary = parameters.layout.languageModel.shape.vocabularySize
    let dLogits = arena.floats(rows * length * vocabulary)
    let counted = batch.targets.count { $0 >= 0 }
    let loss = batch.targets.withUnsafeBufferPointer {
      crossEntropy(
        logits: pass.logits, targets: $0.baseAddress!, gradient: dLogits, rows: rows * length,
        vocabulary: vocabulary, scale: 1 / Float(counted))
    }
    #expect(abs(Float(loss) / Float(counted) - (try golden.floats("loss")[0])) < 1e-4)
    let gradients = AlignedBuffer(count: parameters.count)
    let dFeatures = arena.zeros(queryRows * hidden)
    pass.backward(logitGradient: dLogits, gradients: gradients.pointer, featureGradient: dFeatures)
    let dQueries = arena.zeros(queryRows * queryFormer.shape.hiddenSize)
    projectQueriesBackward(
      queries.output, featureGradient: dFeatures, rows: queryRows, parameters: parameters,
      gradients: gradients.pointer, queryGradient: dQueries)
    queries.backward(gradient: dQueries, gradients: gradients.pointer, imageGradient: nil)
    var compared = 0
    for view in parameters.layout.table.views {
      guard golden.contains("grad." + view.name) else { continue }
      compared += 1
      let excess = worstGradientExcess(
        gradients.pointer + view.offset, try golden.floats("grad." + view.name))
      #expect(excess < 1, "\(view.name): \(excess) times the tolerance")
    }
    #expect(compared > 20)
  }
}

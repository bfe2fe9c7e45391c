package import Artifacts
package import Datasets
package import Transformers

/// A request of the workload's size from real creatives, repeated where the split has fewer.
package func makeRequest(
  workload: Workload, creatives: [Creative], processor: InputProcessor, model: ModelShape
) -> [ServingItem] {
  guard !creatives.isEmpty else { return [] }
  return (0..<workload.creatives).map { index in
    let creative = creatives[index % creatives.count]
    let prompts = prepareQuestions(creative, processor: processor).map(\.prompt)
    var questions: [[Int32]] = []
    for i in 0..<workload.questionsPerCreative where !prompts.isEmpty {
      questions.append(prompts[i % prompts.count])
    }
    return ServingItem(
      pixels: pixels(of: creative.image, processor.images, model), prompts: questions)
  }
}

private func pixels(
  of image: Image, _ preprocessing: ImagePreprocessing, _ model: ModelShape
) -> [Float] {
  guard let vision = model.vision else { return [] }
  let count = vision.channels * vision.imageSize * vision.imageSize
  return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
    if let base = buffer.baseAddress {
      base.initialize(repeating: 0, count: count)
      preprocessing.pixels(of: image, size: vision.imageSize, into: base)
    }
    initialized = count
  }
}

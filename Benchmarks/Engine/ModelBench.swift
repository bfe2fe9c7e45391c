import Artifacts
import Datasets
import EmbeddedModel
import Foundation
import Kernels
import Storage
import Training
import Transformers

/// Whole pieces of work, in the engine's own terms; `make bench-peers` compares them with others.
struct ModelBench {
  let threads: Int

  func run() throws -> BenchSection {
    var results: [BenchResult] = []
    func measure(_ work: String, _ side: String, rounds: Int, slice: Double, _ body: () -> Void) {
      withoutActuallyEscaping(body) { body in
        let alternation = Alternation([Side(name: side, run: body)], rounds: rounds, slice: slice)
        results.append(
          BenchResult(
            work: work, side: side, unit: "ms", alternation.seconds[0].map { $0 * 1e3 }))
      }
    }
    let block = StepWork(blocks: 1, sequences: 8, workers: 1)
    measure("one block, 8 × 48 rows, 1 thread: distillation step", "f32", rounds: 15, slice: 0.05) {
      block.step()
    }
    let step = StepWork(workers: threads)
    measure(
      "12 blocks, 32 × 48 rows, \(threads) threads: distillation step", "f32", rounds: 9, slice: 0.3
    ) { step.step() }
    let prompt = PromptWork()
    measure("12 blocks, 48 tokens at batch 1", "f32", rounds: 21, slice: 0.05) { prompt.run() }

    let request = try EmbeddedRequest(threads: threads)
    let one = Array(request.items.prefix(1))
    let server = RequestServer(model: request.model, threads: threads)
    measure("embedded model, one creative", "f32", rounds: 21, slice: 0.05) {
      _ = server.serve(one, newTokens: request.workload.newTokens)
    }
    measure(
      "embedded model, default workload of \(request.items.count) creatives", "f32", rounds: 9,
      slice: 0.1
    ) { _ = server.serve(request.items, newTokens: request.workload.newTokens) }
    return BenchSection(
      title: "Steps and requests",
      note: "A step is teacher forward, student forward and backward, AdamW; hidden 256, FFN 1024, "
        + "8 heads.",
      results: results)
  }
}

/// The embedded model and the default request on it.
struct EmbeddedRequest {
  let model: InferenceModel
  let workload: Workload
  let items: [ServingItem]

  init(threads: Int) throws {
    let folder = EmbeddedModel.folder
    let loaded = try Checkpoint.load(folder: folder)
    let tokenizer = try BytePairTokenizer(folder: folder)
    let data = try Data(contentsOf: URL(filePath: folder + "/workload.json"))
    var workload = try JSONDecoder().decode(Workload.self, from: data)
    workload.threads = threads
    self.workload = workload
    model = InferenceModel(loaded.parameters)
    let stream = EmbeddedData.stream(seed: 5)
    items = makeRequest(
      workload: workload, creatives: (0..<workload.creatives).map { stream.creative(at: $0) },
      tokenizer: tokenizer, model: loaded.parameters.layout.shape)
  }
}

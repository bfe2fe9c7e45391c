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
    func compare(_ work: String, rounds: Int, slice: Double, _ make: (Precision) -> () -> Void) {
      let sides = Precision.allCases.map { Side(name: $0.rawValue, run: make($0)) }
      let alternation = Alternation(sides, rounds: rounds, slice: slice)
      for (index, side) in sides.enumerated() {
        let result = BenchResult(
          work: work, side: side.name, unit: "ms", alternation.seconds[index].map { $0 * 1e3 })
        let ratios = zip(alternation.seconds[0], alternation.seconds[index]).map { $0 / $1 }
        results.append(index == 0 ? result : result.against(sides[0].name, ratios))
      }
    }
    compare("step of one block, 8 × 48 rows, 1 thread", rounds: 15, slice: 0.05) {
      let work = StepWork(blocks: 1, sequences: 8, workers: 1, precision: $0)
      return { work.step() }
    }
    compare("step of 12 blocks, 32 × 48 rows, \(threads) threads", rounds: 9, slice: 0.3) {
      let work = StepWork(workers: threads, precision: $0)
      return { work.step() }
    }
    compare("12 blocks, 48 tokens at batch 1", rounds: 21, slice: 0.05) {
      let work = PromptWork(threads: threads, precision: $0)
      return { work.run() }
    }
    let request = try EmbeddedRequest(threads: threads)
    let newTokens = request.workload.newTokens
    for (creatives, work) in [
      (1, "embedded model, one creative"),
      (request.items.count, "embedded model, default workload"),
    ] {
      let items = Array(request.items.prefix(creatives))
      compare("\(work), \(threads) threads", rounds: 11, slice: 0.1) {
        let server = RequestServer(
          model: InferenceModel(request.model.running(in: $0)), threads: threads)
        return { _ = server.serve(items, newTokens: newTokens) }
      }
    }
    return BenchSection(
      title: "Steps and requests",
      note: "A step is teacher forward, student forward and backward, AdamW; hidden 256, FFN 1024, "
        + "8 heads. The ratio is the speed-up over f32.",
      results: results)
  }
}

/// The embedded model and the default request on it.
struct EmbeddedRequest {
  let model: Parameters
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
    model = loaded.parameters
    let stream = EmbeddedData.stream(seed: 5)
    items = makeRequest(
      workload: workload, creatives: (0..<workload.creatives).map { stream.creative(at: $0) },
      processor: InputProcessor(tokenizer), model: loaded.parameters.layout.shape)
  }
}

import Artifacts
import Foundation
import Training
import Transformers

/// This engine's side of `make bench-peers` and of `versions.py`: reads "work seconds" lines, runs
/// that work for about so long and answers with the seconds of one run, so that the other side can
/// take turns.
struct PeerWorker {
  let threads: Int

  func run() throws {
    var works: [String: () -> Void] = [:]
    while let line = readLine() {
      let words = line.split(separator: " ")
      guard words.count == 2, let slice = Double(words[1]) else { continue }
      let name = String(words[0])
      if works[name] == nil {
        guard let work = make(name) else {
          print("unknown")
          fflush(nil)
          continue
        }
        work()
        works[name] = work
      }
      if let work = works[name] {
        let repetitions = max(1, Int((slice / max(1e-7, time(1, .wall, work))).rounded()))
        print(time(repetitions, .wall, work))
        fflush(nil)
      }
    }
  }

  private func make(_ name: String) -> (() -> Void)? {
    let words = name.split(separator: "-")
    guard words.count == 2, let precision = Precision(rawValue: String(words[1])) else {
      return nil
    }
    switch words[0] {
    case "step":
      let work = StepWork(workers: threads, precision: precision)
      return { work.step() }
    case "prompt":
      let work = PromptWork(threads: threads, precision: precision)
      return { work.run() }
    case "request": return serving(nil, precision)
    case "pruned":
      return serving(
        UniformShape(blocks: 2, feedForwardWidth: 640, heads: 8, headSize: 24, hiddenSize: 192),
        precision)
    default:
      return nil
    }
  }

  /// The default workload on the embedded model, or on one with random weights whose language model
  /// has another shape.
  private func serving(_ shape: UniformShape?, _ precision: Precision) -> (() -> Void)? {
    guard let request = try? EmbeddedRequest(threads: threads) else { return nil }
    var model = request.model
    if let shape {
      var whole = model.layout.shape
      whole.languageModel = whole.languageModel.resized(to: shape)
      model = Parameters(layout: ModelLayout(whole))
      var generator = SeededGenerator(seed: 1)
      model.initialize(using: &generator)
    }
    let server = RequestServer(
      model: InferenceModel(model.running(in: precision)), threads: threads)
    return { _ = server.serve(request.items, newTokens: request.workload.newTokens) }
  }
}

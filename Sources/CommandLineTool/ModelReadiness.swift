import Artifacts
import Datasets
import Foundation
import Metering
import Training
import Transformers

/// Whether a run could work on a checkpoint, found out without its weights.
struct ModelReadiness: Encodable {
  /// Tokens of the tokenizer; nil where there is none or where it is refused.
  var tokens: Int?
  /// What the tokenizer puts around a prompt, and the prompt itself; nil without a tokenizer.
  var prompt: String?
  /// Bytes at the peak of each stage, and bytes that are there.
  var profileBytes: Double
  var executionBytes: Double
  var availableBytes: Int?
  /// What a run would be refused for, a sentence each.
  var problems: [String] = []
  /// What is missing or scarce here without being a fault of the checkpoint.
  var notes: [String] = []

  private static let tokenizerFiles = ["tokenizer.json", "vocab.json"]
  /// Of so many bytes all weights are looked at within a second.
  private static let mostWeightBytes = 1 << 30

  init(folder: String, _ description: CheckpointDescription, data: String?) {
    let shape = description.shape
    let bytes = description.files.reduce(0) { $0 + $1.bytes }
    if bytes <= Self.mostWeightBytes {
      do { try Checkpoint.requireFiniteWeights(folder: folder) } catch {
        problems.append(errorLine(error))
      }
    } else {
      notes.append("the weights were not looked at; a profile does before it measures")
    }
    var processor: InputProcessor?
    func exists(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: (folder as NSString).appendingPathComponent(name))
    }
    if Self.tokenizerFiles.contains(where: exists) {
      do {
        let found = try RunInputs.processor(folder: folder, shape: shape, prompt: .plain)
        tokens = found.tokenizer.vocabularySize
        prompt = found.tokenizer.decode(
          found.encodePrompt("{question}"), namingSpecials: true)
        processor = found
      } catch { problems.append(errorLine(error)) }
    } else if exists("tokenizer.model") {
      problems.append(
        "\(folder)/tokenizer.model: sentencepiece models are not read; supported is tokenizer.json, or "
          + "vocab.json and merges.txt, of a byte-level BPE")
    } else {
      notes.append("no tokenizer: a run needs tokenizer.json, or vocab.json and merges.txt")
    }
    var load = MemoryNeed.Load.assumed(shape)
    var threads = 1
    do {
      let workload = try RunInputs.defaultWorkload()
      threads = workload.threads
      if let data, let processor {
        let found = try RunInputs.data(data)
        try checkFit(found, processor: processor, model: shape)
        load = MemoryNeed.Load(found, processor: processor, shape: shape)
      }
    } catch { problems.append(errorLine(error)) }
    let need = MemoryNeed(shape, load: load, threads: threads)
    profileBytes = need.profile
    executionBytes = need.execution
    let available = AvailableMemory.current()
    availableBytes = available?.bytes
    if let available, need.profile > Double(available.bytes) {
      notes.append(
        "profiling needs more memory than the \(RunInputs.gibibytes(Double(available.bytes))) that are "
          + "available here (\(available.limit))")
    }
  }

  /// Lines for a person.
  var text: String {
    var lines: [String] = []
    if let tokens { lines.append("tokenizer: \(tokens) tokens") }
    if let prompt { lines.append("prompt: \(prompt.debugDescription)") }
    let available = availableBytes.map { ", \(RunInputs.gibibytes(Double($0))) available" } ?? ""
    lines.append(
      "memory: about \(RunInputs.gibibytes(profileBytes)) to profile, "
        + "\(RunInputs.gibibytes(executionBytes)) to execute\(available)")
    lines += notes.map { "note: \($0)" }
    lines += problems.map { "problem: \($0)" }
    return lines.joined(separator: "\n")
  }
}

import Artifacts
import Foundation
import TestSupport

// Seeded damage to headers, configurations and tokenizers: every input ends in a value or a typed
// error, quickly, within bounded memory. Usage: mutations [COUNT [RESULT-FILE]], from the root of the
// repository. A trap ends the process, so that a result file is proof of none.

/// Most memory that this process has held, in bytes.
func peakMemory() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Int(usage.ru_maxrss) * 1_024
}

struct Result: Encodable {
  struct Kind: Encodable {
    let kind: String
    let accepted: Int
    let refused: Int
    let findings: [String]
    let slowestSeconds: Double
    let addedPeakMebibytes: Double
  }
  let seed: UInt64
  let inputs: Int
  let kinds: [Kind]
}

let seed: UInt64 = 20_240_611
let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100_000
let fixtures = FileManager.default.currentDirectoryPath + "/Tests/"
func bytes(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(filePath: fixtures + path)))
}

do {
  let folder = try TemporaryFolder()
  let inputs = HostileInputs(seed: seed)
  let models = ["opt", "gpt2", "llama", "qwen2", "llama-pruned", "blip2-opt"]
  let configurations = try models.map { try bytes("TransformersTests/Fixtures/\($0)/config.json") }
  let header = try bytes("TransformersTests/Fixtures/llama/model.safetensors")
  let tokenizers = try ["gpt2", "qwen2"].map {
    try bytes("DatasetsTests/Fixtures/tokenizer-\($0)/tokenizer.json")
  }
  var kinds: [Result.Kind] = []
  func measure(_ body: () throws -> HostileInputs.Tally) rethrows {
    let before = peakMemory()
    let tally = try body()
    let added = Double(peakMemory() - before) / 1_048_576
    let failed = tally.findings.count + (added > 64 ? 1 : 0) + (tally.slowest > 5 ? 1 : 0)
    print(
      "\(tally.kind): \(tally.accepted) accepted, \(tally.refused) refused, "
        + "\(tally.findings.count) findings, slowest \(tally.slowest) s, "
        + "\(added) MiB added to the peak: \(failed == 0 ? "ok" : "FAILED")")
    kinds.append(
      Result.Kind(
        kind: tally.kind, accepted: tally.accepted, refused: tally.refused,
        findings: tally.findings, slowestSeconds: tally.slowest, addedPeakMebibytes: added))
  }
  try measure { try inputs.headers(header, count: count * 4 / 10, folder: folder.path) }
  try measure { try inputs.configurations(configurations, count: count * 4 / 10) }
  try measure {
    try inputs.tokenizers(tokenizers, count: count - 2 * (count * 4 / 10), folder: folder.path)
  }
  if CommandLine.arguments.count > 2 {
    try ArtifactCoding.document(Result(seed: seed, inputs: count, kinds: kinds))
      .write(to: URL(filePath: CommandLine.arguments[2]))
  }
  let failed = kinds.contains {
    !$0.findings.isEmpty || $0.addedPeakMebibytes > 64 || $0.slowestSeconds > 5
  }
  exit(failed ? 1 : 0)
} catch {
  FileHandle.standardError.write(Data("mutations: \(error)\n".utf8))
  exit(1)
}

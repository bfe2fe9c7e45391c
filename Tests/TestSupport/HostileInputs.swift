import Artifacts
import Datasets
import Dispatch
import Foundation
import Storage
import Transformers

/// Feeds seeded damage to every reader of outside files. A reader that traps ends the process; one
/// that throws anything but a typed error of the project, or names no file, is a finding.
package struct HostileInputs {
  /// What one kind of input gave.
  package struct Tally: Sendable {
    package var kind: String
    package var accepted = 0
    package var refused = 0
    package var findings: [String] = []
    /// The longest that one input took, in seconds.
    package var slowest = 0.0
  }

  package var seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  /// Damaged headers: the bytes of a safetensors file, most of them with a length that still fits.
  package func headers(_ original: [UInt8], count: Int, folder: String) throws -> Tally {
    let headerCount = (0..<8).reduce(0) { $0 + Int(original[$1]) << (8 * $1) }
    return try run("headers", count: count) { mutator, round in
      var bytes: [UInt8]
      if round % 4 == 0 {
        bytes = mutator.damage(original)
      } else {
        // A length that fits the damaged header lets the damage reach the decoder.
        let header = mutator.damage(Array(original[8..<(8 + headerCount)]))
        bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        bytes += header + original[(8 + headerCount)...]
      }
      // A fresh file each time: file systems flush one that is cut and written again.
      let path = "\(folder)/\(round).safetensors"
      try Data(bytes).write(to: URL(filePath: path))
      defer { try? FileManager.default.removeItem(atPath: path) }
      let file = try SafetensorsFile(path: path)
      for tensor in file.tensors {
        guard tensor.byteRange.upperBound <= bytes.count else { return "\(tensor) leaves the file" }
        let read = (try? file.floats(tensor.name).count) ?? tensor.elementCount
        guard read == tensor.elementCount else { return "\(tensor) is not read whole" }
        _ = try? file.readIntegers(tensor.name)
      }
      return nil
    }
  }

  /// Damaged configurations: as text and as values; what is accepted is laid out.
  package func configurations(_ originals: [[UInt8]], count: Int) throws -> Tally {
    let values = try originals.map { try JSONValue.parse(Data($0), path: "config.json") }
    return try run("configs", count: count) { mutator, round in
      let place = round % originals.count
      let config: JSONDocument
      if round % 3 == 0 {
        config = try JSONDocument(
          data: Data(mutator.damage(originals[place])), path: "config.json")
      } else {
        config = JSONDocument(path: "config.json", value: mutator.damage(values[place]))
      }
      let layout = ModelLayout(try Checkpoint.shape(from: config))
      return layout.table.count > 0 ? nil : "an empty model"
    }
  }

  /// Damaged tokenizer.json files; what is accepted must encode and decode.
  package func tokenizers(_ originals: [[UInt8]], count: Int, folder: String) throws -> Tally {
    let values = try originals.map { try JSONValue.parse(Data($0), path: "tokenizer.json") }
    return try run("tokenizers", count: count) { mutator, round in
      let place = round % originals.count
      let bytes: [UInt8]
      if round % 3 == 0 {
        bytes = mutator.damage(originals[place])
      } else {
        bytes = [UInt8](try mutator.damage(values[place]).serialized())
      }
      let inner = "\(folder)/\(round)"
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: inner) }
      try Data(bytes).write(to: URL(filePath: inner + "/tokenizer.json"))
      let tokenizer = try BytePairTokenizer(folder: inner)
      let text = "Sale 50% off!\n naïve 😀\u{0}"
      _ = tokenizer.decode(tokenizer.encode(text) + [-1, .max])
      _ = tokenizer.decode(tokenizer.encodeWithSpecials(text + "</s> x"), namingSpecials: true)
      return nil
    }
  }

  private func run(
    _ kind: String, count: Int, _ body: (inout Mutator, Int) throws -> String?
  ) throws -> Tally {
    var mutator = Mutator(seed: seed, stream: kind)
    var tally = Tally(kind: kind)
    for round in 0..<count {
      let start = DispatchTime.now().uptimeNanoseconds
      do {
        if let finding = try body(&mutator, round) {
          tally.findings.append("\(kind) \(round): \(finding)")
        }
        tally.accepted += 1
      } catch is StorageError {
        tally.refused += 1
      } catch is TokenizerError {
        tally.refused += 1
      } catch {
        tally.findings.append("\(kind) \(round): \(error)")
      }
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      tally.slowest = max(tally.slowest, seconds)
    }
    return tally
  }
}

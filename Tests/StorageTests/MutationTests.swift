import Foundation
import Storage
import TestSupport
import Testing

/// Damaged input of every kind ends in a value or a `StorageError`, never in a trap.
///
/// Inside the loops a plain `if` takes the place of `#expect`, which is slower than what it checks.
@Suite struct MutationTests {
  @Test func damagedJSONNeverTraps() throws {
    let originals = [
      #"{"text_config":{"hidden_size":64,"eps":1e-5,"n":null,"l":[1,"x",true,{}]},"é":"\u00e9😀"}"#,
      #"{"metadata":{"total_size":8},"weight_map":{"b":"2.safetensors","a":"1.safetensors"}}"#,
      #"["\ud83d\ude00\n\t\\",-0.5E+10,[[[[[]]]]],9223372036854775807]"#,
    ].map { Array($0.utf8) }
    var mutator = Mutator(seed: 1, stream: "JSON mutations")
    var accepted = 0
    for round in 0..<14_000 {
      let bytes = mutator.damage(originals[round % originals.count])
      do {
        let value = try JSONValue.parse(Data(bytes), path: "mutation")
        accepted += 1
        // What is accepted is UTF-8, is accepted by Foundation too, and survives writing.
        let written = try value.serialized()
        if try JSONValue.parse(written, path: "written") != value {
          Issue.record("\(value) is not written as it was read")
        }
        _ = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      } catch is StorageError {
        continue
      } catch {
        Issue.record("\(error) for \(String(decoding: bytes, as: UTF8.self))")
      }
    }
    #expect(accepted > 500 && accepted < 12_000)
  }

  @Test func damagedSafetensorsNeverTrap() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/model.safetensors"
    try SafetensorsWriter.write(
      [
        .init(name: "a", shape: [2, 3]) { [1, 2, 3, 4, 5, 6] },
        .init(name: "b", dtype: .bf16, shape: [4]) { [1, 2, 3, 4] },
        .init(name: "c", dtype: .f16, shape: []) { [1] },
      ], to: path)
    let original = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let headerCount = Int(original[0]) + Int(original[1]) << 8
    var mutator = Mutator(seed: 2, stream: "safetensors mutations")
    var accepted = 0
    for round in 0..<10_000 {
      var bytes: [UInt8]
      if round % 4 == 0 {
        bytes = mutator.damage(original)
      } else {
        // A length that fits the damaged header lets the damage reach the decoder.
        let header = mutator.damage(Array(original[8..<8 + headerCount]))
        bytes = [UInt8(header.count & 255), UInt8(header.count >> 8), 0, 0, 0, 0, 0, 0]
        bytes += header + original[(8 + headerCount)...]
      }
      // A fresh file each time: file systems flush one that is cut and written again.
      let path = "\(folder.path)/\(round)"
      try Data(bytes).write(to: URL(filePath: path))
      defer { try? FileManager.default.removeItem(atPath: path) }
      do {
        let file = try SafetensorsFile(path: path)
        accepted += 1
        for tensor in file.tensors {
          if tensor.byteRange.upperBound > bytes.count { Issue.record("\(tensor) leaves the file") }
          let isRead = (try? file.floats(tensor.name).count) ?? tensor.elementCount
          if isRead != tensor.elementCount { Issue.record("\(tensor) is not read whole") }
          _ = try? file.readIntegers(tensor.name)
        }
      } catch {
        if !error.description.hasPrefix(path) { Issue.record("\(error) names no file") }
      }
    }
    #expect(accepted > 100 && accepted < 8_000)
  }
}

import Foundation
import Storage
import TestSupport
import Testing

@Suite struct SafetensorsCheckpointTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for (file, name) in [("1.safetensors", "a"), ("2.safetensors", "b")] {
      try SafetensorsWriter.write(
        [.init(name: name, shape: [1]) { [name == "a" ? 1 : 2] }], to: "\(folder.path)/\(file)")
    }
  }

  private func open(weightMap: String) throws -> SafetensorsCheckpoint {
    try AtomicFile.write(
      Data(#"{"metadata":{"total_size":8},"weight_map":\#(weightMap)}"#.utf8),
      to: "\(folder.path)/model.safetensors.index.json")
    return try SafetensorsCheckpoint(folder: folder.path)
  }

  @Test func tensorsAreFoundAcrossShards() throws {
    let checkpoint = try open(weightMap: #"{"b":"2.safetensors","a":"1.safetensors"}"#)
    #expect(checkpoint.names == ["a", "b"])
    #expect(try checkpoint.floats("b", shape: [1]) == [2])
    #expect(checkpoint.contains("a") && !checkpoint.contains("c"))
    #expect(throws: StorageError.missingTensor(path: folder.path, name: "c")) {
      try checkpoint.tensor("c")
    }
  }

  @Test func aSingleFileIsAWholeCheckpoint() throws {
    try SafetensorsWriter.write(
      [.init(name: "x", shape: [1]) { [3] }], to: "\(folder.path)/model.safetensors")
    #expect(try SafetensorsCheckpoint(folder: folder.path).floats("x") == [3])
    #expect(
      try SafetensorsCheckpoint(file: "\(folder.path)/1.safetensors").floats("a") == [1])
  }

  @Test(arguments: [
    #"{"a":"1.safetensors"}"#, #"{"a":"1.safetensors","b":"1.safetensors"}"#,
    #"{"a":"2.safetensors","b":"1.safetensors"}"#,
    #"{"a":"1.safetensors","b":"2.safetensors","c":"2.safetensors"}"#,
    #"{"a":"1.safetensors","b":"2.safetensors","b":"2.safetensors"}"#,
    #"{"a":"1.safetensors","b":"../2.safetensors"}"#, #"{"a":"/1.safetensors"}"#,
    #"{"a":".."}"#, #"{"a":"x\\1.safetensors"}"#, #"{"a":""}"#, #"{"a":1}"#, #"[]"#,
  ])
  func indicesThatContradictTheShardsAreRefused(weightMap: String) throws {
    if weightMap == #"{"a":"1.safetensors"}"# {
      // The second shard is simply not part of this checkpoint.
      #expect(try open(weightMap: weightMap).names == ["a"])
    } else {
      #expect(throws: StorageError.self) { try open(weightMap: weightMap) }
    }
  }

  @Test func aMissingShardIsNamed() throws {
    #expect(
      throws: StorageError.missingShard(
        path: "\(folder.path)/3.safetensors",
        index: "\(folder.path)/model.safetensors.index.json")
    ) { try open(weightMap: #"{"a":"1.safetensors","c":"3.safetensors"}"#) }
  }

  @Test func aFolderWithoutWeightsSaysSo() throws {
    let empty = try TemporaryFolder()
    #expect {
      try SafetensorsCheckpoint(folder: empty.path)
    } throws: {
      String(describing: $0).contains("\(empty.path)/model.safetensors")
    }
  }
}

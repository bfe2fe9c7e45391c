/// The weights of a folder: `model.safetensors`, or the shards of `model.safetensors.index.json`.
package struct SafetensorsCheckpoint: Sendable {
  package let folder: String
  /// In the order of their names.
  package let files: [SafetensorsFile]
  /// Position in `files` of the file that holds a tensor.
  private let owners: [ExactText: Int]
  private let hasIndex: Bool

  /// - Throws: `StorageError` if no weights are there, a shard is missing or damaged, or the index
  ///   and the shards do not list the same tensors exactly once.
  package init(folder: String) throws(StorageError) {
    let single = "\(folder)/model.safetensors"
    let index = "\(folder)/model.safetensors.index.json"
    do throws(StorageError) {
      self.init(folder: folder, file: try SafetensorsFile(path: single))
    } catch .missing {
      do throws(StorageError) {
        try self.init(folder: folder, index: JSONDocument(file: index))
      } catch .missing(index) {
        throw .missing(path: "\(single) (or model.safetensors.index.json)")
      }
    }
  }

  /// One file as a whole checkpoint.
  package init(file path: String) throws(StorageError) {
    self.init(folder: parentFolder(of: path), file: try SafetensorsFile(path: path))
  }

  private init(folder: String, file: SafetensorsFile) {
    self.folder = folder
    hasIndex = false
    files = [file]
    owners = Dictionary(
      file.names.map { (ExactText($0), 0) }, uniquingKeysWith: { first, _ in first })
  }

  private init(folder: String, index: JSONDocument) throws(StorageError) {
    var shardOf: [ExactText: String] = [:]
    for (tensor, entry) in try index.required("weight_map").members {
      shardOf[ExactText(tensor)] = try Self.shardName(entry)
    }
    var files: [SafetensorsFile] = []
    var owners: [ExactText: Int] = [:]
    for shard in Set(shardOf.values.map(ExactText.init)).map(\.text).sorted(
      by: ExactText.precedes)
    {
      let file = try Self.open(shard, in: folder, index: index.path)
      for name in file.names {
        let key = ExactText(name)
        guard let listed = shardOf[key], ExactText(listed) == ExactText(shard) else {
          throw index.malformed("tensor '\(name)' of \(shard) is listed elsewhere or not at all")
        }
        owners[key] = files.count
      }
      files.append(file)
    }
    for (tensor, shard) in shardOf where owners[tensor] == nil {
      throw .missingTensor(path: "\(folder)/\(shard)", name: tensor.text)
    }
    self.folder = folder
    hasIndex = true
    self.files = files
    self.owners = owners
  }

  /// A bare file name: an index must not reach out of its folder.
  private static func shardName(_ entry: JSONDocument) throws(StorageError) -> String {
    let name = try entry.asString
    let outside = name.utf8.contains {
      $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0
    }
    guard !name.isEmpty, !outside, !name.hasPrefix(".") else {
      throw entry.malformed("'\(name)' is not the name of a file in the same folder")
    }
    return name
  }

  private static func open(
    _ shard: String, in folder: String, index: String
  ) throws(StorageError) -> SafetensorsFile {
    let path = "\(folder)/\(shard)"
    do throws(StorageError) {
      return try SafetensorsFile(path: path)
    } catch .missing {
      throw .missingShard(path: path, index: index)
    }
  }
}

extension SafetensorsCheckpoint {
  /// File by file, each in the order of its header.
  package var names: [String] { files.flatMap(\.names) }

  package func contains(_ name: String) -> Bool { owners[ExactText(name)] != nil }

  package func tensor(_ name: String) throws(StorageError) -> TensorEntry {
    try file(of: name).tensor(name)
  }

  /// Whether an index lists the files.
  package var isSharded: Bool { hasIndex }

  /// Name, in the folder, of the file that holds a tensor.
  package func fileName(of name: String) throws(StorageError) -> String {
    let path = try file(of: name).path
    return path.split(separator: "/").last.map(String.init) ?? path
  }

  /// As `SafetensorsFile.withUnsafeBytes`, from the file that holds the tensor.
  package func withUnsafeBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try file(of: name).withUnsafeBytes(of: name, body)
  }

  /// As `SafetensorsFile.readFloats`, from the file that holds the tensor.
  package func readFloats(
    _ name: String, shape: [Int]? = nil, into target: UnsafeMutablePointer<Float>,
    finite: Bool = false
  ) throws(StorageError) {
    try file(of: name).readFloats(name, shape: shape, into: target, finite: finite)
  }

  /// As `SafetensorsFile.floats`, from the file that holds the tensor.
  package func floats(_ name: String, shape: [Int]? = nil) throws(StorageError) -> [Float] {
    try file(of: name).floats(name, shape: shape)
  }

  /// As `SafetensorsFile.readIntegers`, from the file that holds the tensor.
  package func readIntegers(_ name: String, shape: [Int]? = nil) throws(StorageError) -> [Int] {
    try file(of: name).readIntegers(name, shape: shape)
  }

  private func file(of name: String) throws(StorageError) -> SafetensorsFile {
    guard let owner = owners[ExactText(name)] else {
      throw .missingTensor(path: folder, name: name)
    }
    return files[owner]
  }
}

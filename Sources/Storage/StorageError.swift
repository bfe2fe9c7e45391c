import Foundation

/// What can go wrong with a file, told with its path and what to do about it.
package enum StorageError: Error, CustomStringConvertible, Hashable, Sendable {
  /// Nothing is at the path.
  case missing(path: String)
  /// The path is a folder, a pipe or a device.
  case notAFile(path: String)
  case notReadable(path: String, reason: String)
  case notWritable(path: String, reason: String)
  /// Fewer bytes than the file itself, or its reader, announced.
  case truncated(path: String, expected: Int, actual: Int)
  /// The bytes are there and break the format.
  case malformed(path: String, field: String, reason: String)
  case missingField(path: String, field: String)
  case missingTensor(path: String, name: String)
  /// A shard that the index names.
  case missingShard(path: String, index: String)
  /// Another process works in the folder.
  case inUse(path: String, holder: String)
  /// Nothing is wrong with the file, but what it asks for is not computed here.
  case unsupported(path: String, field: String, reason: String, supported: String)
  /// A weight that is no number, or infinite.
  case notFinite(path: String, tensor: String, place: [Int], value: String)

  package var description: String {
    switch self {
    case .missing(let path):
      "\(path): no such file. Check the path, or create the file first."
    case .notAFile(let path):
      "\(path): not a regular file. Give the path of a file."
    case .notReadable(let path, let reason):
      "\(path): cannot be read (\(reason)). Check its permissions and the disk."
    case .notWritable(let path, let reason):
      "\(path): cannot be written (\(reason)). "
        + "Check that the folder exists, is writable and has free space."
    case .truncated(let path, let expected, let actual):
      "\(path): truncated: \(expected) bytes expected, \(actual) found. Copy or download it again."
    case .malformed(let path, let field, let reason):
      "\(path): \(field): \(reason). Correct the file or write it again."
    case .missingField(let path, let field):
      "\(path): field '\(field)' is missing. Add it to the file."
    case .missingTensor(let path, let name):
      "\(path): tensor '\(name)' is missing. Use a complete checkpoint of this architecture."
    case .missingShard(let path, let index):
      "\(path): shard named by \(index) is missing. Copy or download it into the same folder."
    case .inUse(let path, let holder):
      "\(path): in use by \(holder). Wait until it ends, or stop it."
    case .unsupported(let path, let field, let reason, let supported):
      "\(path): \(field): \(reason). Supported here: \(supported)."
    case .notFinite(let path, let tensor, let place, let value):
      "\(path): \(tensor) \(place) is \(value). Nothing can be computed with such a weight: "
        + "use a checkpoint whose weights are all finite."
    }
  }
}

extension StorageError: LocalizedError {
  package var errorDescription: String? { description }
}

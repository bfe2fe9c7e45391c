import Foundation

/// The folder that one compression lives in: what every stage reads and writes.
package struct RunFolder: Sendable {
  /// As the user gave it, so that messages show a path the user knows.
  package let path: String

  package init(path: String) { self.path = path }

  package var profile: String { file("profile.json") }
  package var plan: String { file("plan.json") }
  package var journal: String { file("journal.jsonl") }
  /// Folder with one checkpoint for each committed step.
  package var checkpoints: String { file("checkpoints") }
  /// Folder with the compressed model, in the layout of its source checkpoint.
  package var model: String { file("model") }
  package var reportPage: String { file("report.html") }
  package var reportText: String { file("report.md") }
  package var reportData: String { file("report.json") }

  /// A path inside the folder.
  package func file(_ name: String) -> String {
    path.hasSuffix("/") ? path + name : "\(path)/\(name)"
  }

  package func exists(_ file: String) -> Bool { FileManager.default.fileExists(atPath: file) }

  /// Makes the folder, with its parents, and proves that it can be written.
  ///
  /// Throws: `CommandFailure` before any work is done in vain.
  package func create() throws(CommandFailure) {
    try createFolder(path, called: "run folder", option: "--run")
  }
}

/// Makes a folder that `option` names, with its parents, and proves that it can be written.
package func createFolder(
  _ path: String, called name: String, option: String
) throws(CommandFailure) {
  let remedy = "name another folder with \(option)"
  // Parents first; mkdir and not FileManager, for the sake of the reason.
  var parent = path.hasPrefix("/") ? "" : "."
  for component in path.split(separator: "/") {
    parent += "/" + component
    guard mkdir(parent, 0o777) != 0, errno != EEXIST, errno != EISDIR else { continue }
    throw CommandFailure("cannot create the \(name) \(path): \(systemReason()); \(remedy)")
  }
  var isFolder: ObjCBool = false
  let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
  guard exists, isFolder.boolValue else {
    throw CommandFailure("cannot create the \(name) \(path): a file of that name exists; \(remedy)")
  }
  guard access(path, W_OK | X_OK) == 0 else {
    throw CommandFailure("cannot write to the \(name) \(path): \(systemReason()); \(remedy)")
  }
}

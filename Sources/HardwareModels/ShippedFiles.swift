import Foundation

/// JSON files that ship with the tool: hardware profiles and architectures, also reached as `profiles`
/// and `architectures` in the repository.
package enum ShippedFiles {
  /// Looked up beside the running executable, where the build puts it, so that the tool works from
  /// any folder.
  private static var root: String {
    let executable =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = (executable as NSString).deletingLastPathComponent
    let candidates = [beside, Bundle.main.bundlePath].map {
      "\($0)/planner_HardwareModels.resources"
    }
    return candidates.first { FileManager.default.fileExists(atPath: $0) } ?? candidates[0]
  }

  /// Names of the files of a folder, without extension, sorted.
  package static func names(in folder: String) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }

  package static func path(in folder: String, _ name: String) -> String {
    "\(root)/\(folder)/\(name).json"
  }
}

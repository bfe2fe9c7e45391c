import Foundation

extension GPUProfile {
  /// The folder with the profiles that ship with the tool, one JSON file each; `profiles` in the
  /// repository. Looked up beside the running executable, where the build puts it.
  package static var folder: String {
    let executable =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = (executable as NSString).deletingLastPathComponent
    let candidates = [beside, Bundle.main.bundlePath].map {
      "\($0)/planner_HardwareModels.resources/Profiles"
    }
    return candidates.first { FileManager.default.fileExists(atPath: $0) } ?? candidates[0]
  }

  /// Names of the profiles that ship with the tool, sorted.
  package static var builtInNames: [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// A profile that ships with the tool. Throws where there is none of that name.
  package static func builtIn(_ name: String) throws(HardwareModelError) -> GPUProfile {
    let file = "\(folder)/\(name).json"
    guard builtInNames.contains(name), let bytes = FileManager.default.contents(atPath: file) else {
      throw .unknownHardware(name: name, known: builtInNames)
    }
    return try GPUProfile(json: bytes, file: file)
  }
}

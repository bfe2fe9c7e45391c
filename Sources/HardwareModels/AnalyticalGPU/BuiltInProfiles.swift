import Foundation

extension GPUProfile {
  /// Names of the profiles that ship with the tool, sorted.
  package static var builtInNames: [String] { ShippedFiles.names(in: "Profiles") }

  /// A profile that ships with the tool. Throws where there is none of that name.
  package static func builtIn(_ name: String) throws(HardwareModelError) -> GPUProfile {
    let file = ShippedFiles.path(in: "Profiles", name)
    guard builtInNames.contains(name), let bytes = FileManager.default.contents(atPath: file) else {
      throw .unknownHardware(name: name, known: builtInNames)
    }
    return try GPUProfile(json: bytes, file: file)
  }
}

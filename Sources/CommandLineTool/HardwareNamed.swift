import Artifacts
import Foundation
import HardwareModels

extension GPUProfile {
  /// A card that ships with the tool, by name, or a profile file.
  init(named name: String) throws {
    if GPUProfile.builtInNames.contains(name) {
      self = try .builtIn(name)
      return
    }
    guard let bytes = FileManager.default.contents(atPath: name) else {
      let known = ([buildMachine] + GPUProfile.builtInNames).joined(separator: ", ")
      throw CommandFailure(
        "--hardware \(name): neither a known name (\(known)) nor a file that can be read")
    }
    self = try GPUProfile(json: bytes, file: name)
  }
}

import Artifacts
import Foundation
import HardwareModels
import Storage

extension GPUProfile {
  /// A card that ships with the tool, by name, or a profile file.
  init(named name: String) throws {
    if GPUProfile.builtInNames.contains(name) {
      self = try .builtIn(name)
      return
    }
    let bytes: Data
    do {
      bytes = try RegularFile.contents(of: name)
    } catch {
      if case .notAFile = error { throw error }
      let known = ([buildMachine] + GPUProfile.builtInNames).joined(separator: ", ")
      throw CommandFailure(
        "--hardware \(name): neither a known name (\(known)) nor a file that can be read")
    }
    // The decoder below takes one of two equal keys without a word.
    _ = try JSONValue.parse(bytes, path: name)
    self = try GPUProfile(json: bytes, file: name)
  }
}

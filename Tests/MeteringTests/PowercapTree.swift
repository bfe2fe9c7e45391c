import Foundation
import TestSupport

/// A kernel-shaped powercap tree in a temporary folder.
struct PowercapTree {
  struct Zone {
    var id: String
    var name: String
    var energy: UInt64?
    var range: UInt64?

    init(_ id: String, _ name: String, _ energy: UInt64?, range: UInt64? = 262_143_328_850) {
      self.id = id
      self.name = name
      self.energy = energy
      self.range = range
    }
  }

  let folder: TemporaryFolder
  var path: String { folder.path }

  /// `vendor` writes a `/proc/cpuinfo`; `nested` puts children inside their parents' folders.
  init(_ zones: [Zone], vendor: String? = "GenuineIntel", nested: Bool = false) throws {
    folder = try TemporaryFolder()
    if let vendor {
      try write("processor\t: 0\nvendor_id\t: \(vendor)\n", "proc/cpuinfo")
    }
    for zone in zones {
      var place = "sys/class/powercap/\(zone.id)"
      let parts = zone.id.split(separator: ":")
      if nested && parts.count == 3 {
        place = "sys/class/powercap/\(parts[0]):\(parts[1])/\(zone.id)"
      }
      try write(zone.name + "\n", "\(place)/name")
      if let energy = zone.energy { try write("\(energy)\n", "\(place)/energy_uj") }
      if let range = zone.range { try write("\(range)\n", "\(place)/max_energy_range_uj") }
    }
  }

  func write(_ text: String, _ path: String) throws {
    let url = folder.url.appending(path: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }
}

import Foundation
import TestSupport

/// A kernel-shaped sysfs tree in a temporary folder.
struct SysfsTree {
  struct Zone: Sendable {
    var id: String
    var name: String
    var energy: UInt64?
    var range: UInt64?

    init(_ id: String, _ name: String, _ energy: UInt64?, range: UInt64? = commonRange) {
      self.id = id
      self.name = name
      self.energy = energy
      self.range = range
    }
  }

  /// Where zones stand.
  enum Layout: Sendable {
    /// Every zone in the class folder.
    case flat
    /// Children inside their parents' folders.
    case nested
    /// As the kernel has it: devices behind relative links in the class folder.
    case links
  }

  static let commonRange: UInt64 = 262_143_328_850
  static let powercap = "sys/class/powercap"

  let folder: TemporaryFolder
  var path: String { folder.path }

  /// `vendor` writes a `/proc/cpuinfo`.
  init(
    _ zones: [Zone], vendor: String? = "GenuineIntel", layout: Layout = .flat,
    files: [String: String] = [:]
  ) throws {
    folder = try TemporaryFolder()
    if let vendor {
      try write("processor\t: 0\nvendor_id\t: \(vendor)\n", "proc/cpuinfo")
    }
    for zone in zones {
      let parts = zone.id.split(separator: ":")
      let parent = parts.count == 3 ? "\(parts[0]):\(parts[1])/" : ""
      let place: String
      switch layout {
      case .flat: place = "\(Self.powercap)/\(zone.id)"
      case .nested: place = "\(Self.powercap)/\(parent)\(zone.id)"
      case .links:
        let device = "devices/virtual/powercap/\(parts[0])/\(parent)\(zone.id)"
        place = "sys/\(device)"
        try link("\(Self.powercap)/\(zone.id)", to: "../../\(device)")
        try write("1\n", "sys/devices/virtual/powercap/\(parts[0])/enabled")
      }
      try write(zone.name + "\n", "\(place)/name")
      if layout == .links { try link("\(place)/subsystem", to: "../../../../../class/powercap") }
      if let energy = zone.energy { try write("\(energy)\n", "\(place)/energy_uj") }
      if let range = zone.range { try write("\(range)\n", "\(place)/max_energy_range_uj") }
    }
    for (path, text) in files { try write(text, path) }
  }

  func write(_ text: String, _ path: String) throws {
    try makeParent(of: path)
    try Data(text.utf8).write(to: folder.url.appending(path: path))
  }

  func remove(_ path: String) throws {
    try FileManager.default.removeItem(at: folder.url.appending(path: path))
  }

  /// Replaces what is there by a symbolic link.
  func link(_ path: String, to target: String) throws {
    try makeParent(of: path)
    try? remove(path)
    try FileManager.default.createSymbolicLink(
      atPath: folder.url.appending(path: path).path, withDestinationPath: target)
  }

  func makeFolder(_ path: String) throws {
    try? remove(path)
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: path), withIntermediateDirectories: true)
  }

  private func makeParent(of path: String) throws {
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: path).deletingLastPathComponent(),
      withIntermediateDirectories: true)
  }
}

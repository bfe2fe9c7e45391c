extension Doctor {
  /// Every powercap zone of a copied sysfs tree: whether its counter can be read, and its part.
  ///
  /// `root` is the powercap class folder itself, or a root that holds `sys/class/powercap` or
  /// `class/powercap`. Throws where it has no zone that makes a total.
  package static func diagnose(copy root: String) throws(MeterError) -> [Diagnosis] {
    let tree = try PowercapTree(root: root)
    return tree.zones.zones.map { zone in
      let part = tree.zones.counted.contains(zone) ? "counted" : "not part of the total"
      let range = zone.range.map { "wraps after \($0) µJ" } ?? "states no range"
      do throws(MeterError) {
        return Diagnosis(
          source: "\(zone.id) \(zone.fullName)", status: .present,
          evidence: "\(part) (\(tree.zones.rule)): \(try tree.counter(zone)) µJ, \(range)")
      } catch {
        return Diagnosis(
          source: "\(zone.id) \(zone.fullName)", status: Diagnosis.Status(error),
          evidence: "\(part): \(error.detail)", remedy: error.remedy)
      }
    }
  }
}

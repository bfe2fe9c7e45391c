extension Doctor {
  /// Every energy source of a copied sysfs tree: whether its counter can be read, and its part.
  ///
  /// Throws where `folder` cannot be listed. A copy without any source gives one entry that says so.
  package static func diagnose(copy folder: String) throws(MeterError) -> [Diagnosis] {
    let copy = try SysfsCopy(folder: folder)
    let counters = CopiedCounters(copy)
    var result: [Diagnosis] = []
    var counted: Set<String> = []
    var rule = ""
    do throws(MeterError) {
      let selection = try counters.selection()
      (counted, rule) = (Set(selection.counted.map(\.id)), selection.rule)
    } catch {
      if counters.noPowercap == nil { rule = error.detail }
    }
    result += counters.counters.map { counter in
      let part = counted.contains(counter.id) ? "counted" : "not part of the total"
      let source = "\(counter.id) \(counter.name)"
      switch counter.reading {
      case .success(let energy):
        let range = counter.zone.map {
          $0.range.map { ", wraps after \($0) µJ" } ?? ", states no range to wrap at"
        }
        return Diagnosis(
          source: source, status: .present,
          evidence: "\(part)\(rule.isEmpty ? "" : " (\(rule))"): \(energy) µJ\(range ?? "")")
      case .failure(let error):
        return Diagnosis(
          source: source, status: Diagnosis.Status(error), evidence: "\(part): \(error.detail)",
          remedy: error.remedy)
      }
    }
    if let error = counters.noPowercap {
      result.insert(
        Diagnosis(
          source: PowercapMeter.meterName, status: Diagnosis.Status(error),
          evidence: error.detail, remedy: error.remedy), at: 0)
    }
    return result + [perfPower(in: copy)]
  }

  /// A copy shows what events the PMU has, and has no counters to open.
  private static func perfPower(in copy: SysfsCopy) -> Diagnosis {
    do throws(MeterError) {
      let events = try PerfPowerEvents(system: copy.system)
      return Diagnosis(
        source: PerfPowerMeter.meterName, status: .notSupported,
        evidence: "described here: \(events.description); a copy has no counters to open",
        remedy: "run doctor on the machine that the copy is of")
    } catch {
      return Diagnosis(
        source: PerfPowerMeter.meterName, status: Diagnosis.Status(error),
        evidence: error.detail, remedy: error.remedy)
    }
  }
}

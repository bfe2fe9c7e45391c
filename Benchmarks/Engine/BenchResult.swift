import Artifacts
import Glibc

/// A quantity of one side, with the range from the 10th to the 90th percentile of the rounds.
struct BenchResult: Codable {
  /// What is done, "197×576×192" for example.
  var work: String
  /// Who does it, "bf16, packed" for example.
  var side: String
  var unit: String
  var median: Double
  var low: Double
  var high: Double
  /// What `ratio` compares with, and the median of the rounds' ratios: above 1, this side is better.
  var reference: String?
  var ratio: Double?
  var ratioLow: Double?
  var ratioHigh: Double?
  /// The ratio of the medians of each side's fastest fifth, where moments that others disturb do not
  /// count.
  var ratioOfFastest: Double?

  init(work: String, side: String, unit: String, _ samples: [Double]) {
    let summary = SampleSummary(samples)
    self.work = work
    self.side = side
    self.unit = unit
    median = summary.median
    low = summary.quantile(0.1)
    high = summary.quantile(0.9)
  }

  func against(_ reference: String, _ ratios: [Double]) -> BenchResult {
    let summary = SampleSummary(ratios)
    var result = self
    result.reference = reference
    result.ratio = summary.median
    result.ratioLow = summary.quantile(0.1)
    result.ratioHigh = summary.quantile(0.9)
    return result
  }

  /// The same for rates, with the ratio of the fastest fifths, whose median is the 90th percentile.
  func against(_ reference: String, rates: [Double], of others: [Double]) -> BenchResult {
    var result = against(reference, zip(rates, others).map { $0 / $1 })
    func fastest(_ rates: [Double]) -> Double { SampleSummary(rates).quantile(0.9) }
    result.ratioOfFastest = fastest(rates) / fastest(others)
    return result
  }
}

/// Everything that one run of `make bench` found.
struct BenchReport: Codable {
  var command = "make bench"
  var machine: MachineReference
  /// Processes that wanted a processor in the last minute; what is above 0 before a run disturbs it.
  var loadBefore = loadAverage()
  var loadAfter = 0.0
  var sections: [BenchSection] = []
}

struct BenchSection: Codable {
  var title: String
  var note: String
  var results: [BenchResult]

  /// A heading, the note, and one row per result.
  var markdown: String {
    var lines = ["**\(title).** \(note)", "", "| work | side | median | 10–90 % | ratio |"]
    lines.append("|---|---|---|---|---|")
    for result in results {
      let ratio = result.ratio.map { value in
        "\(rounded(value)) (\(rounded(result.ratioLow ?? value))–"
          + "\(rounded(result.ratioHigh ?? value))) of \(result.reference ?? "")"
          + (result.ratioOfFastest.map { "; fastest fifths \(rounded($0))" } ?? "")
      }
      lines.append(
        "| \(result.work) | \(result.side) | \(rounded(result.median)) \(result.unit) "
          + "| \(rounded(result.low))–\(rounded(result.high)) | \(ratio ?? "") |")
    }
    return lines.joined(separator: "\n")
  }
}

func loadAverage() -> Double {
  var load = 0.0
  return getloadavg(&load, 1) == 1 ? load : .nan
}

/// Three significant digits.
func rounded(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return "\(value)" }
  var digits = 2
  var magnitude = abs(value)
  while magnitude >= 10 && digits > 0 {
    magnitude /= 10
    digits -= 1
  }
  while magnitude < 1 && digits < 8 {
    magnitude *= 10
    digits += 1
  }
  var unit = 1.0
  for _ in 0..<digits { unit *= 10 }
  let scaled = Int((abs(value) * unit).rounded())
  let whole = scaled / Int(unit)
  let fraction = String(scaled % Int(unit))
  let sign = value < 0 ? "−" : ""
  guard digits > 0 else { return "\(sign)\(whole)" }
  return "\(sign)\(whole)."
    + String(repeating: "0", count: digits - fraction.count) + fraction
}

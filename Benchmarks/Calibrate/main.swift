import Artifacts
import Foundation
import GPUCalibration
import HardwareModels

// calibrate [--check] MEASUREMENTS.csv PROFILES-FOLDER REPORT.md
// Fits the A10's parameters to the calibration rows, writes them into the profiles, carries them over
// to the profiles that say so, and writes the table of errors. With --check fits and changes nothing.

let onlyChecks = CommandLine.arguments.contains("--check")
let arguments = CommandLine.arguments.filter { $0 != "--check" }
guard arguments.count == 4 else {
  print("usage: calibrate [--check] MEASUREMENTS.csv PROFILES-FOLDER REPORT.md")
  exit(64)
}
let rows = try PublishedMeasurement.table(
  csv: String(contentsOfFile: arguments[1], encoding: .utf8))
let folder = arguments[2]
var cards: [String: GPUProfile] = [:]
for file in try FileManager.default.contentsOfDirectory(atPath: folder)
where file.hasSuffix(".json") {
  let bytes = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
  cards[String(file.dropLast(5))] = try GPUProfile(json: bytes, file: file)
}
if !onlyChecks {
  guard let profile = cards["a10"] else {
    print("\(folder) has no a10.json")
    exit(1)
  }
  let fitted = Calibration(rows: rows, cards: cards).fit(profile)
  cards["a10"] = fitted
  for (name, card) in cards {
    var card = card
    for band in card.parameters where band.source.hasPrefix("carried over from the A10") {
      card.setValue(band.parameter, fitted.band(band.parameter).value)
    }
    cards[name] = card
    try ArtifactCoding.document(card).write(to: URL(filePath: "\(folder)/\(name).json"))
  }
}
let table = try ErrorTable(rows, cards: cards)
let report = calibrationReport(table)
let preface = """
  # The analytical GPU model against published measurements

  Made by `calibrate` from `\(arguments[1])`; a fit saw the calibration rows only.
  "Named beforehand" are the rows that were chosen as tests before the model was written; the others come
  from the same published tables. The naive roofline is max(operations / peak, bytes / bandwidth).
  Kendall's τ is over distinct configurations.


  """
try Data((preface + report).utf8).write(to: URL(filePath: arguments[3]))
print(report.split(separator: "\nEvery row")[0])

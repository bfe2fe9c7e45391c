import Artifacts
import Foundation
import GPUCalibration
import HardwareModels

// calibrate [--check] MEASUREMENTS.csv DECODERS.csv PROFILES-FOLDER REPORT.md
// Fits the cards' parameters to the calibration rows, writes them into the profiles, carries them over to
// the profiles that say so, and writes table and picture of the errors. With --check fits nothing and changes
// no profile.

let onlyChecks = CommandLine.arguments.contains("--check")
let arguments = CommandLine.arguments.filter { $0 != "--check" }
guard arguments.count == 5 else {
  print("usage: calibrate [--check] MEASUREMENTS.csv DECODERS.csv PROFILES-FOLDER REPORT.md")
  exit(64)
}
do {
  func text(_ file: String) throws -> String { try String(contentsOfFile: file, encoding: .utf8) }
  let rows = try PublishedMeasurement.table(
    csv: text(arguments[1]), decoders: Decoder.table(csv: text(arguments[2])))
  let folder = arguments[3]
  var cards: [String: GPUProfile] = [:]
  for file in try FileManager.default.contentsOfDirectory(atPath: folder)
  where file.hasSuffix(".json") {
    let bytes = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
    cards[String(file.dropLast(5))] = try GPUProfile(json: bytes, file: file)
  }
  if !onlyChecks {
    let (fitted, misfits) = Calibration(rows: rows, cards: cards).fitted()
    for (name, card) in fitted where card != cards[name] {
      try ArtifactCoding.document(card).write(to: URL(filePath: "\(folder)/\(name).json"))
    }
    cards = fitted
    for (name, misfit) in misfits.sorted(by: { $0.key < $1.key }) {
      print("\(name): misfit \(String(format: "%.1f", misfit))")
    }
  }
  let table = try ErrorTable(rows, cards: cards)
  let report = calibrationReport(table)
  let picture = URL(filePath: arguments[4]).deletingPathExtension().appendingPathExtension("svg")
  let preface = """
    # The analytical GPU model against published measurements

    Made by `calibrate` from `\(arguments[1])`; a fit saw the calibration rows only.
    "Named beforehand" are the rows that were chosen as tests before the model was written; the others come
    from the same published tables. The naive roofline is max(operations / peak, bytes / bandwidth).
    Kendall's τ is over distinct configurations.

    ![Predicted over measured times](\(picture.lastPathComponent))


    """
  try Data((preface + report).utf8).write(to: URL(filePath: arguments[4]))
  try Data(ScatterPlot(table).svg.utf8).write(to: picture)
  print(report.split(separator: "\nEvery row")[0])
} catch {
  print("calibrate: \(error)")
  exit(1)
}

import Artifacts
import Foundation
import Metering
import Storage

// How fast the engine is. Usage: bench RESULT-FILE README-FILE, or bench worker THREADS for the
// peers' comparison. The table goes between the two markers of the README.

let arguments = CommandLine.arguments
let threads = 2
do {
  if arguments.count == 3, arguments[1] == "worker", let threads = Int(arguments[2]), threads > 0 {
    try PeerWorker(threads: threads).run()
    exit(0)
  }
  guard arguments.count == 3 else {
    FileHandle.standardError.write(Data("usage: bench RESULT-FILE README-FILE\n".utf8))
    exit(64)
  }
  var report = BenchReport(machine: .current())
  func add(_ section: BenchSection) {
    print(section.markdown + "\n")
    report.sections.append(section)
  }
  // First, while the process is small.
  add(MemoryBench(threads: threads).run())
  add(KernelBench().run())
  add(try ModelBench(threads: threads).run())
  add(MeteringBench().run())
  report.loadAfter = loadAverage()
  try AtomicFile.write(ArtifactCoding.document(report), to: arguments[1])
  try fillMarkers(of: arguments[2], with: report)
} catch {
  FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
  exit(1)
}

/// Replaces what stands between the markers.
func fillMarkers(of path: String, with report: BenchReport) throws {
  let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
  guard let open = text.range(of: "<!-- bench -->\n"),
    let close = text.range(of: "<!-- end of bench -->"), open.upperBound <= close.lowerBound
  else {
    throw StorageError.malformed(
      path: path, field: "<!-- bench -->", reason: "the markers of the table are missing")
  }
  let table =
    "Measured on \(report.machine.processor), \(report.machine.logicalCores) threads; load of the last "
    + "minute \(rounded(report.loadBefore)) before and \(rounded(report.loadAfter)) after.\n\n"
    + report.sections.map(\.markdown).joined(separator: "\n\n") + "\n"
  let result = text.replacingCharacters(in: open.upperBound..<close.lowerBound, with: table)
  try AtomicFile.write(Data(result.utf8), to: path)
}

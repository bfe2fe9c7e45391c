import Artifacts
import Datasets
import Foundation
import Storage
import Training
import Transformers

// Is compressing worth it? The final shape of an executed plan, trained without compression at the
// compression's total compute, on the same 12,000 entries. Usage: controls RUN-FOLDER RESULT-FILE

guard CommandLine.arguments.count >= 3 else {
  FileHandle.standardError.write(Data("usage: controls RUN-FOLDER RESULT-FILE\n".utf8))
  exit(64)
}
do {
  try Controls(folder: CommandLine.arguments[1], result: CommandLine.arguments[2]).run()
} catch {
  FileHandle.standardError.write(Data("controls: \(error)\n".utf8))
  exit(1)
}

import CommandLineTool
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct DescribeCommandTests {
  private var tests: URL {
    fixtures(#filePath).deletingLastPathComponent().deletingLastPathComponent()
  }

  @Test func aFolderIsDescribed() throws {
    let folder = tests.appending(path: "TransformersTests/Fixtures/llama").path
    let outcome = Outcome("describe", "--model", folder)
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.hasPrefix("llama, "))
    #expect(outcome.output.contains("model.safetensors: "))
    let json = try JSONDocument(
      data: Data(Outcome("describe", "--model", folder, "--json").output.utf8), path: "output")
    #expect(try json.string("family") == "llama")
  }

  /// Each file gets the verdict of the fixtures' strict column.
  @Test func malformedFilesAreNamed() throws {
    let folder = tests.appending(path: "StorageTests/Fixtures/malformed").path
    var verdicts = [true: 0, false: 0]
    for (name, entry) in try JSONDocument(file: folder + "/expect.json").members {
      let outcome = Outcome("describe", "--model", "\(folder)/\(name)")
      let accepted = try entry.string("strict_reader") == "accept"
      #expect(outcome.code == (accepted ? 0 : 1), "\(name): \(outcome.output)\(outcome.error)")
      #expect(accepted || outcome.hasOneErrorLine && outcome.error.contains(name), "\(name)")
      verdicts[accepted, default: 0] += 1
    }
    #expect(verdicts[true, default: 0] > 5 && verdicts[false, default: 0] > 40)
  }
}

import CommandLineTool
import Testing

/// What is written is the subject of the data's own tests.
@Suite struct DataCommandTests {
  @Test func unwritableFolderIsOneLine() {
    let outcome = Outcome("data", "--out", "/dev/null/data")
    #expect(outcome.code == 1)
    #expect(
      outcome.error
        == "planner: cannot create the data folder /dev/null/data: Not a directory; "
        + "name another folder with --out\n")
  }
}

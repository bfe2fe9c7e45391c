import Datasets
import Foundation
import TestSupport
import Testing

/// The embedded tokenizer still makes the files that ship.
@Suite struct ShippedTokenizerTests {
  @Test func writtenFilesAreTheShippedBytes() throws {
    let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/EmbeddedModel/Resources/embedded")
    let folder = try TemporaryFolder()
    try EmbeddedData.tokenizer.write(to: folder.path)
    for name in ["vocab.json", "merges.txt", "tokenizer.json"] {
      let written = try Data(contentsOf: folder.url.appending(path: name))
      #expect(try written == Data(contentsOf: shipped.appending(path: name)), "\(name)")
    }
  }
}

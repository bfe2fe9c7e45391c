package import Foundation

/// A folder that is removed when the value goes out of scope.
package final class TemporaryFolder: Sendable {
  package let url: URL

  package init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "planner-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  package var path: String { url.path }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// The folder `Fixtures` beside a test file: `fixtures(#filePath)`.
package func fixtures(_ testFile: String) -> URL {
  URL(filePath: testFile).deletingLastPathComponent().appending(path: "Fixtures")
}

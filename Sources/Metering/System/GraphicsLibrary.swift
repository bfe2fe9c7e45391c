/// The energy counters of graphics cards, behind a library that is opened at run time.
package protocol GraphicsLibrary: Sendable {
  /// The name of every card, in the library's order.
  func cards() throws(LibraryError) -> [String]
  /// Energy of one card since its driver was loaded, in millijoules.
  func energy(ofCard index: Int) throws(LibraryError) -> UInt64
}

/// A library that is not there, or a call of it that failed.
package struct LibraryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call, for example "nvmlInit_v2", or "dlopen".
  package var operation: String
  /// The library's code; nil where the library or the function is missing.
  package var code: Int32?
  package var message: String

  package init(operation: String, code: Int32? = nil, message: String) {
    self.operation = operation
    self.code = code
    self.message = message
  }

  package var description: String {
    "\(operation): \(message)" + (code.map { " (code \($0))" } ?? "")
  }
}

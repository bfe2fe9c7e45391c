/// A command line that cannot be carried out as written. Exit code 64.
package struct UsageError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

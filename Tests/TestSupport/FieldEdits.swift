import Artifacts
package import Storage

/// One change to one field of a JSON document, as text: also what no writer of JSON writes, such as a
/// key that stands twice or a number beyond a double.
package struct FieldEdit: Sendable, CustomStringConvertible {
  package enum Step: Hashable, Sendable {
    case key(String)
    case index(Int)
  }

  package enum Change: Hashable, Sendable {
    /// Text in place of the value.
    case replaced(String)
    /// A number with the other sign, or a million times as large.
    case negated, enlarged
    case removed
    /// The key stands twice, or the element.
    case doubled
  }

  package let place: [Step]
  package let change: Change

  package init(place: [Step], change: Change) {
    self.place = place
    self.change = change
  }

  package var description: String {
    let path = place.reduce(into: "") { path, step in
      switch step {
      case .key(let key): path += (path.isEmpty ? "" : ".") + key
      case .index(let index): path += "[\(index)]"
      }
    }
    return "\(path): \(change)"
  }

  /// The document with the change.
  package func text(of document: JSONValue) -> String { text(document, at: []) }

  private func text(_ value: JSONValue, at here: [Step]) -> String {
    if here == place {
      switch change {
      case .replaced(let text): return text
      case .negated: return scaled(value, by: -1)
      case .enlarged: return scaled(value, by: 1_000_000)
      case .removed, .doubled: break
      }
    }
    switch value {
    case .object(let object):
      let members = object.flatMap { key, value in
        copies(at: here + [.key(key)]) { "\(quoted(.string(key))):\(text(value, at: $0))" }
      }
      return "{\(members.joined(separator: ","))}"
    case .array(let array):
      let elements = array.enumerated().flatMap { index, value in
        copies(at: here + [.index(index)]) { text(value, at: $0) }
      }
      return "[\(elements.joined(separator: ","))]"
    default: return quoted(value)
    }
  }

  private func copies(at here: [Step], _ text: ([Step]) -> String) -> [String] {
    if here == place {
      if change == .removed { return [] }
      if change == .doubled { return [text(here), text(here)] }
    }
    return [text(here)]
  }

  private func scaled(_ value: JSONValue, by factor: Int) -> String {
    switch value {
    case .integer(let integer):
      let (product, overflows) = integer.multipliedReportingOverflow(by: factor)
      return overflows ? "\(Double(integer) * Double(factor))" : "\(product)"
    case .number(let number): return "\(number * Double(factor))"
    default: return "null"
    }
  }

  /// A finite number or a text is always written.
  private func quoted(_ value: JSONValue) -> String {
    (try? value.serialized()).map { String(decoding: $0, as: UTF8.self) } ?? "null"
  }
}

extension FieldEdit {
  private static let changes: [Change] =
    [
      #""x""#, #""NaN""#, #""\u001b[31m""#, "true", "null", "[]", "{}", "0", "1", "-1", "1.5",
      "2147483648", "4611686018427387904", "9223372036854775807", "1e308", "-1e308", "1e-308",
      "1e400", "123456789012345678901234567890",
    ].map { .replaced($0) } + [.negated, .enlarged, .removed, .doubled]

  /// Every change of every field. Of long arrays the first two elements and the last are changed.
  package static func all(of document: JSONValue) -> [FieldEdit] {
    places(of: document, at: []).flatMap { place in
      changes.map { FieldEdit(place: place, change: $0) }
    }
  }

  /// So many of them at seeded random places, all different.
  package static func sample(_ count: Int, of document: JSONValue, seed: UInt64) -> [FieldEdit] {
    let all = all(of: document)
    var generator = SeededGenerator(seed: seed, stream: "field edits")
    return generator.permutation(all.count).prefix(count).map { all[$0] }
  }

  private static func places(of value: JSONValue, at here: [Step]) -> [[Step]] {
    let children: [(Step, JSONValue)] =
      switch value {
      case .object(let object): object.map { (.key($0.key), $0.value) }
      case .array(let array):
        array.indices.filter { $0 < 2 || $0 == array.count - 1 }.map { (.index($0), array[$0]) }
      default: []
      }
    return children.flatMap { step, value in
      [here + [step]] + places(of: value, at: here + [step])
    }
  }
}

package import Storage

/// How far a tokenizer agrees with another one on the same texts.
package struct TokenizerComparison: Sendable, Equatable, Encodable {
  package struct Difference: Sendable, Equatable, Encodable {
    /// Place of the entry in the golden file, from 0.
    package var entry: Int
    package var text: String
    package var expectedIds: [Int32]
    package var ids: [Int32]
    package var expectedDecoded: String
    package var decoded: String
  }

  package var entries = 0
  /// Entries with the same ids and the same decoded text.
  package var agreeing = 0
  package var firstDifference: Difference?
  package var passes: Bool { entries > 0 && agreeing == entries }
}

extension BytePairTokenizer {
  /// Compares ids and decoded texts, exactly, with a golden file: a JSON array of objects with `text`,
  /// the `ids` that another tokenizer makes of it, special tokens read from the text and put around it,
  /// and what those ids are `decoded` to, special tokens by name.
  ///
  /// - Throws: `StorageError` if the file is malformed or holds no entry.
  package func compare(withGolden golden: JSONDocument) throws -> TokenizerComparison {
    var result = TokenizerComparison()
    for element in try golden.elements {
      let text = try element.string("text")
      let expected = try element.array("ids").map { id throws(StorageError) -> Int32 in
        guard let short = Int32(exactly: try id.asInt) else {
          throw id.malformed("no token id")
        }
        return short
      }
      let expectedText = try element.string("decoded")
      let ids = encodeWithSpecials(text)
      let decoded = decode(expected, namingSpecials: true)
      if ids == expected, decoded.utf8.elementsEqual(expectedText.utf8) {
        result.agreeing += 1
      } else if result.firstDifference == nil {
        result.firstDifference = TokenizerComparison.Difference(
          entry: result.entries, text: text, expectedIds: expected, ids: ids,
          expectedDecoded: expectedText, decoded: decoded)
      }
      result.entries += 1
    }
    guard result.entries > 0 else { throw golden.malformed("no entries to compare") }
    return result
  }
}

import Foundation
import Storage

extension BytePairTokenizer.Specials {
  /// Ids of special tokens as the files of a checkpoint give them: config.json by number, then
  /// tokenizer_config.json by name, then the names that OPT uses.
  ///
  /// - Throws: `StorageError` if a file is malformed, or if none of them tells what ends a text.
  init(folder: String, vocabulary: [String: Int]) throws {
    func document(_ name: String) throws -> JSONDocument? {
      let path = (folder as NSString).appendingPathComponent(name)
      return FileManager.default.fileExists(atPath: path) ? try JSONDocument(file: path) : nil
    }
    let config = try document("config.json")
    let numbers = [try config?.optional("text_config"), config].compactMap { $0 }
    let names = try document("tokenizer_config.json")
    let ids = Set(vocabulary.values)
    func id(_ token: String, fallback: String) throws -> Int32? {
      for document in numbers {
        guard let field = try document.optional("\(token)_id") else { continue }
        // Several tokens may end a text; the first is the one that training put there.
        let first: JSONDocument?
        if case .array = field.value { first = try field.elements.first } else { first = field }
        if let number = try first?.asInt, ids.contains(number) { return Int32(exactly: number) }
      }
      if let name = try names?.optional(token) {
        let text: String
        if case .object = name.value {
          text = try name.string("content")
        } else {
          text = try name.asString
        }
        if let number = vocabulary[text] { return Int32(exactly: number) }
      }
      return vocabulary[fallback].flatMap { Int32(exactly: $0) }
    }
    guard let end = try id("eos_token", fallback: "</s>") else {
      throw StorageError.malformed(
        path: config?.path ?? folder, field: "eos_token_id",
        reason: "no file names a token of the vocabulary that ends a text")
    }
    self.init(
      beginOfText: try id("bos_token", fallback: "</s>") ?? end,
      padding: try id("pad_token", fallback: "<pad>") ?? end, endOfText: end)
  }
}

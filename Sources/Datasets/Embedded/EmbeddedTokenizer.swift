import Artifacts

extension EmbeddedData {
  /// 256 bytes, OPT's four special tokens, merges learnt from the paraphrases, and `<image>` last.
  ///
  /// Every word of a question is one token and every letter of an answer is one token.
  package static let tokenizer: BytePairTokenizer = {
    let texts = AdTask.questions.flatMap { $0 }.map {
      PromptFormat.plain.text(of: $0)
    }
    let control = ["<s>", "<pad>", "</s>", "<unk>"]
    let limit = largestVocabulary - control.count - ByteAlphabet.characters.count - 1
    let merges = BytePairTrainer.merges(for: texts, limit: limit)
    let pieces =
      control + ByteAlphabet.characters.map { String($0) } + merges.map { $0.left + $0.right }
      + ["<image>"]
    let vocabulary = Dictionary(
      uniqueKeysWithValues: pieces.enumerated().map { ($0.element, $0.offset) })
    do {
      return try BytePairTokenizer(
        vocabulary: vocabulary, merges: merges, specials: .init(image: Int32(pieces.count - 1)))
    } catch {
      preconditionFailure("the embedded vocabulary is built with every piece: \(error)")
    }
  }()

  package static let largestVocabulary = 448

  package static func encodePrompt(_ question: String) -> [Int32] {
    tokenizer.encodePrompt(question)
  }

  /// At most `longestAnswer` letters and the end of text.
  package static func encodeAnswer(_ answer: String) -> [Int32] { tokenizer.encodeAnswer(answer) }
}

import Artifacts
import Datasets
import Testing

@Suite struct TokenizerTests {
  let tokenizer = EmbeddedData.tokenizer

  @Test func theVocabularyIsSmall() {
    #expect(tokenizer.vocabularySize <= EmbeddedData.largestVocabulary)
    #expect(tokenizer.specials.padding == 1)
    #expect(tokenizer.specials.endOfText == 2)
    #expect(tokenizer.specials.beginOfText == 2)
    #expect(tokenizer.pieces[1] == "<pad>" && tokenizer.pieces[2] == "</s>")
    #expect(tokenizer.specials.image == Int32(tokenizer.vocabularySize - 1))
  }

  @Test func everyLetterOfAnAnswerIsOneToken() {
    let answers = Set((embedded.train + embedded.test).flatMap { $0.questions.map(\.answer) })
    #expect(answers.count > 270)
    for answer in answers {
      #expect((3...6).contains(answer.count))
      #expect(answer.allSatisfy { $0.isASCII && $0.isLowercase })
      let tokens = EmbeddedData.encodeAnswer(answer)
      #expect(tokens.count == answer.count + 1)
      #expect(tokens.last == 2)
      #expect(tokenizer.decode(tokens) == answer)
    }
  }

  @Test func promptsAreShort() {
    let prompts = Set(embedded.train.flatMap { $0.questions.map(\.text) })
      .map(EmbeddedData.encodePrompt)
    #expect(prompts.allSatisfy { (8...12).contains($0.count) })
    #expect(prompts.allSatisfy { tokenizer.decode($0).hasSuffix(" Answer:") })
  }

  @Test func randomTextComesBack() {
    var generator = SeededGenerator(seed: 11)
    let ranges: [ClosedRange<UInt32>] = [
      0x09...0x7e, 0x20...0x7e, 0xa0...0x24f, 0x391...0x3c9, 0x4e00...0x4eff, 0x1f600...0x1f64f,
      0...0xd7ff,
    ]
    for _ in 0..<500 {
      var text = String.UnicodeScalarView()
      for _ in 0..<generator.integer(below: 40) {
        let range = ranges[generator.integer(below: ranges.count)]
        let value = range.lowerBound + UInt32(generator.integer(below: range.count))
        text.append(Unicode.Scalar(value) ?? " ")
      }
      let tokens = tokenizer.encode(String(text))
      #expect(tokenizer.decode(tokens).unicodeScalars.elementsEqual(text))
    }
  }

  @Test func specialsAreNeverReadFromText() {
    let tokens = tokenizer.encode("a</s><pad><image>")
    #expect(!tokens.contains(2) && !tokens.contains(1))
    #expect(!tokens.contains(tokenizer.specials.image ?? 0))
    #expect(tokenizer.decode([2, 1, 9_999, -5]) == "")
  }
}

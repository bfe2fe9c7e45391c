import Artifacts
import Foundation
import Testing

@Suite struct PromptFormatTests {
  @Test(arguments: [
    ("Q: {question} A: {answer}", "Q: ", " A:", " "),
    ("{question} Answer:", "", " Answer:", ""),
    ("{question}", "", "", ""),
    ("<q>{question}</q>\n{answer}", "<q>", "</q>", "\n"),
  ])
  func templates(template: String, before: String, after: String, answer: String) throws {
    let format = try #require(PromptFormat(template: template))
    #expect(format.beforeQuestion == before && format.afterQuestion == after)
    #expect(format.beforeAnswer == answer)
    #expect(format.text(of: "why?") == before + "why?" + after)
    #expect(PromptFormat(template: format.template) == format)
  }

  @Test(arguments: [
    "", "plain", "{answer}", "{question} {question}", "{question} {answer}!", "{answer} {question}",
  ])
  func whatIsNoTemplate(text: String) { #expect(PromptFormat(template: text) == nil) }

  @Test func aTemplateOfANamedFormatIsThatFormat() {
    #expect(PromptFormat(template: "Question: {question} Answer: {answer}") == .blip2)
    #expect(PromptFormat(template: "{question} Answer:") == .plain)
    #expect(Set(PromptFormat.named.map(\.name)).count == PromptFormat.named.count)
  }
}

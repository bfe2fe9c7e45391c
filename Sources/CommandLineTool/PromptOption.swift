import Artifacts
import Foundation
import Storage

/// `--prompt`: a format's name, a template, or a file that holds one.
enum PromptOption {
  static let option = Option(
    "--prompt", .text("FORMAT", "a name, a template with {question}, or a file with one"),
    help: "How questions are put: \(PromptFormat.named.map(\.name).joined(separator: ", ")), "
      + "\"Q: {question} A: {answer}\", or a file. plain where absent.")

  private static let mostBytes = 65_536

  static func format(_ text: String?) throws -> PromptFormat {
    guard let text else { return .plain }
    if let known = PromptFormat.named.first(where: { $0.name == text }) { return known }
    if let format = PromptFormat(template: text) { return format }
    guard !text.contains("{question}"), FileManager.default.fileExists(atPath: text) else {
      throw UsageError(
        "--prompt \(text): neither one of \(PromptFormat.named.map(\.name).joined(separator: ", ")), nor a "
          + "file, nor a template: a text with {question} once and, at most, {answer} at its end")
    }
    let file = try MappedFile(path: text)
    let bytes = try file.bytes(0..<min(file.count, mostBytes + 1))
    var content = String(decoding: bytes, as: UTF8.self)
    // An editor ends a file with a line break.
    if content.last?.isNewline == true { content.removeLast() }
    guard file.count <= mostBytes, let format = PromptFormat(template: content) else {
      throw CommandFailure(
        "\(text): no template: it must hold {question} once and, at most, {answer} at its end")
    }
    return format
  }
}

import CommandLineTool
import Datasets
import Foundation
import Storage
import TestSupport
import Testing
import Transformers

/// Hostile input to the commands that read models and data: one line, the right exit code, nothing
/// half written.
@Suite struct BadInputTests {
  let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private func file(_ name: String) -> String { temporary.path + "/" + name }

  private func tinyModel(_ name: String) throws -> String {
    try Checkpoint.save(TinyModel.make(), to: file(name), storedType: .f32, imageToken: 443)
    try EmbeddedData.tokenizer.write(to: file(name))
    return file(name)
  }

  private func profile(_ options: String...) -> Outcome {
    Outcome(arguments: ["profile", "--run", file("run"), "--hardware", "a10"] + options)
  }

  private func expectRefusal(_ outcome: Outcome, naming text: String) {
    #expect(outcome.code == 1, "\(outcome.output)\(outcome.error)")
    #expect(outcome.hasOneErrorLine, "\(outcome.error)")
    #expect(outcome.error.contains(text), "\(outcome.error)")
    #expect(!FileManager.default.fileExists(atPath: file("run/profile.json")))
  }

  @Test func missingModelFolder() {
    expectRefusal(profile("--model", file("nowhere")), naming: "nowhere")
  }

  @Test func truncatedCheckpoint() throws {
    let model = try tinyModel("cut")
    let weights = model + "/model.safetensors"
    let bytes = try Data(contentsOf: URL(filePath: weights))
    for kept in [0, 7, 100, bytes.count / 2, bytes.count - 1] {
      try bytes.prefix(kept).write(to: URL(filePath: weights))
      expectRefusal(profile("--model", model), naming: "model.safetensors")
    }
  }

  @Test func configurationOfAnotherShape() throws {
    let model = try tinyModel("other")
    let path = model + "/config.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacingOccurrences(of: "\"ffn_dim\": 48", with: "\"ffn_dim\": 49")
      .write(toFile: path, atomically: true, encoding: .utf8)
    expectRefusal(profile("--model", model), naming: "fc1")
  }

  @Test func imageThatIsNone() throws {
    let model = try tinyModel("model")
    let data = file("data")
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    for split in ["train", "validation", "test"] {
      try Data("hello".utf8).write(to: URL(filePath: data + "/\(split).png"))
      let line =
        #"{"image": "SPLIT.png", "question": "What?", "answer": "that", "task": "t"}"#
      try Data(line.replacingOccurrences(of: "SPLIT", with: split).utf8).write(
        to: URL(filePath: data + "/\(split).jsonl"))
    }
    expectRefusal(profile("--model", model, "--data", data), naming: ".png")
  }

  @Test func unwritableRunFolder() {
    let outcome = Outcome("profile", "--run", "/dev/null/run")
    #expect(outcome.code == 1)
    #expect(outcome.hasOneErrorLine)
  }

  @Test(arguments: ["-5", "0", "nan", "soon"]) func targetThatIsNoLatency(value: String) {
    let outcome = Outcome("plan", "--target-ms", value)
    #expect(outcome.code == 64)
    #expect(outcome.error.contains("--target-ms"))
  }

  @Test func unknownFlag() {
    let outcome = Outcome("execute", "--resumee")
    #expect(outcome.code == 64)
    #expect(outcome.error.contains("--resume"))
  }
}

import Artifacts
import Datasets
import Foundation
import Testing

@Suite struct ScratchTests {
  @Test func dump() throws {
    try FileManager.default.createDirectory(atPath: "/tmp/embtok", withIntermediateDirectories: true)
    try EmbeddedData.tokenizer.write(to: "/tmp/embtok")
    var out: [[String: String]] = []
    let texts = Set(embedded.test.flatMap { $0.questions.map(\.text) }).sorted().map { $0 + " Answer:" }
      + ["retro", "It's  a  test\n\n caf\u{e9} \u{4e00}12 3", "don't WE'LL  Name Which  "]
    for t in texts { out.append(["t": t, "i": EmbeddedData.tokenizer.encode(t).map { "\($0)" }.joined(separator: " ")]) }
    try JSONEncoder().encode(out).write(to: URL(filePath: "/tmp/embtok/out.json"))
    var d = ContinuousClock.now; _ = EmbeddedData.dataset(seed: 9); print("dataset", ContinuousClock.now - d)
    d = ContinuousClock.now; let s = EmbeddedData.stream(seed: 4); for i in 0..<5000 { _ = s.creative(at: i) }; print("5000", ContinuousClock.now - d)
    print("vocab", EmbeddedData.tokenizer.vocabularySize)
  }
}

import Artifacts
import Kernels
import Testing
import Training

/// Every loss against central finite differences of its own value, and against known values.
@Suite struct LossTests {
  static let rows = 6
  static let vocabulary = 11

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var loss: any TokenLoss
    var testDescription: String { name }
  }

  static let cases: [Case] =
    [Case(name: "hard labels", loss: HardLabelLoss())]
    + pairwiseReadings.map {
      Case(name: $0.name, loss: DistillationLoss(pairwiseWeight: 0.7, reading: $0.make()))
    } + [
      Case(name: "soft labels alone", loss: DistillationLoss(pairwiseWeight: 0)),
      Case(
        name: "temperature 2 and hard labels",
        loss: DistillationLoss(
          pairwiseWeight: 0.5, temperature: 2, softWeight: 0.7, hardWeight: 0.3)
      ),
    ]

  func value(
    _ loss: any TokenLoss, logits: [Float], teacher: [Float], targets: [Int32], scale: Float = 1
  ) -> (Double, [Float]) {
    let count = Self.rows * Self.vocabulary
    let gradient = AlignedBuffer(count: count)
    let scratch = AlignedBuffer(count: 2 * Self.rows * (Self.vocabulary + 1))
    let total = logits.withUnsafeBufferPointer { logits in
      teacher.withUnsafeBufferPointer { teacher in
        targets.withUnsafeBufferPointer { targets in
          loss.evaluate(
            logits: logits.baseAddress!, teacher: teacher.baseAddress!,
            targets: targets.baseAddress!, gradient: gradient.pointer, rows: Self.rows,
            vocabulary: Self.vocabulary, scale: scale, scratch: scratch.pointer)
        }
      }
    }
    return (total, (0..<count).map { gradient.pointer[$0] })
  }

  func inputs() -> (logits: [Float], teacher: [Float], targets: [Int32]) {
    var generator = SeededGenerator(seed: 3)
    let count = Self.rows * Self.vocabulary
    let logits = (0..<count).map { _ in Float(generator.normal()) * 2 }
    let teacher = (0..<count).map { _ in Float(generator.normal()) * 2 }
    let targets = (0..<Self.rows).map { _ in Int32(generator.integer(below: Self.vocabulary)) }
    return (logits, teacher, targets)
  }

  @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ item: Case) {
    var (logits, teacher, targets) = inputs()
    let scale: Float = 0.25
    let gradient = value(
      item.loss, logits: logits, teacher: teacher, targets: targets, scale: scale
    ).1
    let step: Float = 5e-3
    for i in logits.indices {
      let saved = logits[i]
      logits[i] = saved + step
      let plus = value(item.loss, logits: logits, teacher: teacher, targets: targets).0
      logits[i] = saved - step
      let minus = value(item.loss, logits: logits, teacher: teacher, targets: targets).0
      logits[i] = saved
      let numeric = Float((plus - minus) / Double(2 * step)) * scale
      #expect(abs(numeric - gradient[i]) < 2e-3, "logit \(i)")
    }
  }

  @Test func equalModelsHaveNoDistillationLoss() {
    let (logits, _, targets) = inputs()
    for reading in pairwiseReadings where reading.name != "margin" {
      let (total, gradient) = value(
        DistillationLoss(reading: reading.make()), logits: logits, teacher: logits,
        targets: targets)
      #expect(abs(total) < 1e-4)
      #expect(gradient.allSatisfy { abs($0) < 1e-5 })
    }
  }

  @Test func teacherConfidenceFavoursTheTeachersChoice() {
    var (logits, teacher, targets) = inputs()
    for row in 0..<Self.rows {
      for i in 0..<Self.vocabulary { teacher[row * Self.vocabulary + i] = i == 4 ? 8 : 0 }
      logits[row * Self.vocabulary + 4] = -3
    }
    targets = targets.map { _ in 4 }
    let soft = value(
      DistillationLoss(pairwiseWeight: 0), logits: logits, teacher: teacher, targets: targets)
    let both = value(
      DistillationLoss(pairwiseWeight: 1), logits: logits, teacher: teacher, targets: targets)
    #expect(both.0 > soft.0)
    for row in 0..<Self.rows {
      #expect(both.1[row * Self.vocabulary + 4] < soft.1[row * Self.vocabulary + 4])
    }
  }
}

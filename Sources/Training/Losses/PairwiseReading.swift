package import Kernels

/// One predicted token, as the pairwise term sees it.
package struct PairwiseRow {
  /// Student logits, [vocabulary].
  package let logits: ConstFloats
  /// Student probabilities, [vocabulary].
  package let student: ConstFloats
  /// Teacher probabilities, [vocabulary].
  package let teacher: ConstFloats
  /// The right token; −1 where there is none.
  package let target: Int
  package let vocabulary: Int
}

/// One reading of the pairwise term of equation 5; the paper's words leave its subject open.
package protocol PairwiseReading: Sendable {
  /// Name in plans and on the command line.
  static var name: String { get }

  /// Returns the term of one row and adds scale · d(term)/d(logits) to `gradient`.
  func evaluate(_ row: PairwiseRow, gradient: Floats, scale: Float) -> Double
}

/// All readings, the default first.
package let pairwiseReadings: [(name: String, make: @Sendable () -> any PairwiseReading)] = [
  (TeacherConfidence.name, { TeacherConfidence() }),
  (StudentConfidence.name, { StudentConfidence() }),
  (Margin.name, { Margin() }),
]

/// Adds factor · d p(v)/d(logits) = factor · p(v) · (1[j = v] − p(j)).
private func addProbabilityGradient(
  of token: Int, _ row: PairwiseRow, factor: Float, to gradient: Floats
) {
  let scaled = factor * row.student[token]
  for j in 0..<row.vocabulary { gradient[j] -= scaled * row.student[j] }
  gradient[token] += scaled
}

/// max(0, p_teacher(v) − p_student(v)), v the teacher's most probable token: "the student's
/// confidence in predicting the actual tokens is at least on par with the teacher's".
package struct TeacherConfidence: PairwiseReading {
  package static let name = "teacher-confidence"
  package init() {}

  package func evaluate(_ row: PairwiseRow, gradient: Floats, scale: Float) -> Double {
    let token = indexOfMaximum(row.teacher, count: row.vocabulary)
    let gap = row.teacher[token] - row.student[token]
    guard gap > 0 else { return 0 }
    addProbabilityGradient(of: token, row, factor: -scale, to: gradient)
    return Double(gap)
  }
}

/// max(0, p_student(v) − p_teacher(v)), v the student's most probable token: "the tendency of the
/// model to make frequent but incorrect predictions".
package struct StudentConfidence: PairwiseReading {
  package static let name = "student-confidence"
  package init() {}

  package func evaluate(_ row: PairwiseRow, gradient: Floats, scale: Float) -> Double {
    let token = indexOfMaximum(row.student, count: row.vocabulary)
    let gap = row.student[token] - row.teacher[token]
    guard gap > 0 else { return 0 }
    addProbabilityGradient(of: token, row, factor: scale, to: gradient)
    return Double(gap)
  }
}

/// max(0, strongest wrong logit − right logit): "the logits for the correct answers could surpass
/// those for the most incorrect answers". The right token is the label, else the teacher's choice.
package struct Margin: PairwiseReading {
  package static let name = "margin"
  package init() {}

  package func evaluate(_ row: PairwiseRow, gradient: Floats, scale: Float) -> Double {
    let right =
      row.target >= 0 ? row.target : indexOfMaximum(row.teacher, count: row.vocabulary)
    var wrong = right == 0 ? 1 : 0
    guard wrong < row.vocabulary else { return 0 }
    for j in 0..<row.vocabulary where j != right && row.logits[j] > row.logits[wrong] { wrong = j }
    let gap = row.logits[wrong] - row.logits[right]
    guard gap > 0 else { return 0 }
    gradient[wrong] += scale
    gradient[right] -= scale
    return Double(gap)
  }
}

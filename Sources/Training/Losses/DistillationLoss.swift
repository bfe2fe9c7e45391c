package import Kernels

/// Equation 5 of the paper: Σ over token positions of KL(teacher ‖ student) + λ · pairwise term.
///
/// The paper uses soft labels alone at temperature 1, which is the default. `temperature` and
/// `hardWeight` give Hinton's form softWeight · T² · KL + hardWeight · CE (arXiv 1503.02531), the
/// hard labels being one of the paper's ablations.
package struct DistillationLoss: TokenLoss {
  package var temperature: Float
  package var softWeight: Float
  package var hardWeight: Float
  package var pairwiseWeight: Float
  package var reading: any PairwiseReading

  package init(
    pairwiseWeight: Float = 1, reading: any PairwiseReading = TeacherConfidence(),
    temperature: Float = 1, softWeight: Float = 1, hardWeight: Float = 0
  ) {
    self.pairwiseWeight = pairwiseWeight
    self.reading = reading
    self.temperature = temperature
    self.softWeight = softWeight
    self.hardWeight = hardWeight
  }

  package var needsTeacher: Bool { true }

  package func evaluate(
    logits: ConstFloats, teacher: ConstFloats?, targets: UnsafePointer<Int32>, gradient: Floats,
    rows: Int, vocabulary: Int, scale: Float, scratch: Floats
  ) -> Double {
    guard let teacher else { preconditionFailure("distillation needs the teacher's logits") }
    let count = rows * vocabulary
    var total = 0.0
    if hardWeight > 0 {
      total +=
        Double(hardWeight)
        * crossEntropy(
          logits: logits, targets: targets, gradient: gradient, rows: rows,
          vocabulary: vocabulary, scale: scale * hardWeight)
    } else {
      gradient.update(repeating: 0, count: count)
    }
    let student = scratch
    let reference = scratch + count
    let studentNormalizers = scratch + 2 * count
    let referenceNormalizers = studentNormalizers + rows

    let inverse = 1 / temperature
    if temperature != 1 {
      for i in 0..<count {
        student[i] = logits[i] * inverse
        reference[i] = teacher[i] * inverse
      }
    }
    softmaxRows(
      temperature == 1 ? logits : UnsafePointer(student), into: student,
      logNormalizers: studentNormalizers, rows: rows, width: vocabulary)
    softmaxRows(
      temperature == 1 ? teacher : UnsafePointer(reference), into: reference,
      logNormalizers: referenceNormalizers, rows: rows, width: vocabulary)
    // d(T²·KL)/d(logit) = T·(student − teacher).
    let weight = softWeight * temperature * scale
    for row in 0..<rows {
      let base = row * vocabulary
      var divergence: Float = 0
      for i in base..<(base + vocabulary) {
        divergence += reference[i] * (teacher[i] - logits[i])
        gradient[i] += weight * (student[i] - reference[i])
      }
      let offset = studentNormalizers[row] - referenceNormalizers[row]
      total +=
        Double(softWeight * temperature * temperature) * Double(divergence * inverse + offset)
    }
    guard pairwiseWeight > 0 else { return total }
    if temperature != 1 {
      softmaxRows(logits, into: student, logNormalizers: nil, rows: rows, width: vocabulary)
      softmaxRows(teacher, into: reference, logNormalizers: nil, rows: rows, width: vocabulary)
    }
    for row in 0..<rows {
      let base = row * vocabulary
      total +=
        Double(pairwiseWeight)
        * reading.evaluate(
          PairwiseRow(
            logits: logits + base, student: UnsafePointer(student + base),
            teacher: UnsafePointer(reference + base), target: Int(targets[row]),
            vocabulary: vocabulary), gradient: gradient + base, scale: scale * pairwiseWeight)
    }
    return total
  }
}

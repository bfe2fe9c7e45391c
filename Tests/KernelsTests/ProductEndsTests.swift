import Artifacts
import Kernels
import Testing

/// A product with its bias, residual and activation has the bytes of the steps one by one.
@Suite struct ProductEndsTests {
  @Test(arguments: [0, 1, 2, 3])
  func hasTheBytesOfTheStepsOneByOne(_ workers: Int) {
    let team = workers == 0 ? nil : WorkerTeam(workers: workers)
    for path in GemmPath.allCases where path.isSupported {
      var generator = SeededGenerator(seed: 31)
      for round in 0..<96 {
        // Also a row more than two blocks hold.
        let m = round % 8 == 7 ? 145 : awkwardSize(&generator, upTo: 170)
        let n = awkwardSize(&generator, upTo: 130)
        let k = awkwardSize(&generator, upTo: 100)
        let w = Guarded(random: n * k, &generator)
        let x = Guarded(random: m * k, &generator)
        let bias = Guarded(random: n, &generator)
        let residual = Guarded(random: m * n, &generator)
        let packed = PackedMatrix(weights: w.constant, rows: n, columns: k, stride: k, path: path)
        let (hasBias, hasResidual) = (round & 1 != 0, round & 2 != 0)
        let function: ActivationKernel? =
          [nil, .relu, .gelu, .geluTanh, .silu, nil][round / 4 % 6]

        let steps = Guarded(count: m * n)
        let activated = Guarded(count: m * n)
        for row in 0..<m {
          for column in 0..<n {
            steps.pointer[row * n + column] =
              (hasResidual ? residual.pointer[row * n + column] : 0)
              + (hasBias ? bias.pointer[column] : 0)
          }
        }
        packed.multiply(
          m: m, x: x.constant, ldx: k, y: steps.pointer, ldy: n,
          accumulate: hasBias || hasResidual)
        if let function {
          activationForward(function, x: steps.constant, y: activated.pointer, count: m * n)
        }

        let whole = Guarded(random: m * n, &generator)
        let wholeActivated = Guarded(count: m * n)
        packed.multiply(
          m: m, x: x.constant, ldx: k, y: whole.pointer, ldy: n,
          ends: ProductEnds(
            bias: hasBias ? bias.constant : nil, residual: hasResidual ? residual.constant : nil,
            activation: function.map { ($0, wholeActivated.pointer) }, width: n), team: team)
        #expect(
          whole.bits == steps.bits && wholeActivated.bits == activated.bits && whole.intact
            && wholeActivated.intact, "\(path) \(workers): \(m)×\(n)×\(k), round \(round)")
      }
    }
  }
}

import Foundation
import Kernels

/// Attention of one segment in double precision, written from the definition, one score at a time.
struct AttentionReference {
  var geometry: AttentionGeometry
  var queryCount: Int
  var prefixCount: Int
  var keyCount: Int
  var queryStride: Int
  var keyStride: Int
  var valueStride: Int
  var outputStride: Int

  var keys: Int { prefixCount + keyCount }

  /// The values attention reads, each with its stride.
  struct Inputs {
    var queries: [Double]
    var prefixKeys: [Double]
    var prefixValues: [Double]
    var keys: [Double]
    var values: [Double]
  }

  func sees(_ query: Int, _ key: Int) -> Bool {
    guard geometry.causal else { return true }
    let newest = prefixCount + query + keyCount - queryCount
    if let window = geometry.window, key <= newest - window { return false }
    return key < prefixCount || key <= newest
  }

  /// `output` covers queryCount · outputStride; columns outside the heads stay zero.
  func forward(_ x: Inputs) -> (output: [Double], probabilities: [Double]) {
    var output = [Double](repeating: 0, count: queryCount * outputStride)
    var probabilities = [Double](repeating: 0, count: geometry.queryHeads * queryCount * keys)
    let size = geometry.headSize
    let valueSize = geometry.valueHeadSize
    for head in 0..<geometry.queryHeads {
      let shared = head / (geometry.queryHeads / geometry.keyValueHeads)
      for i in 0..<queryCount {
        let seen = (0..<keys).filter { sees(i, $0) }
        let scores = seen.map { j in
          (0..<size).reduce(0.0) { sum, d in
            let column = shared * size + d
            let key =
              j < prefixCount
              ? x.prefixKeys[j * keyStride + column]
              : x.keys[(j - prefixCount) * keyStride + column]
            return sum + x.queries[i * queryStride + head * size + d] * key
          } * Double(geometry.scale)
        }
        guard let largest = scores.max() else { continue }
        let total = scores.reduce(0) { $0 + exp($1 - largest) }
        for (j, score) in zip(seen, scores) {
          let p = exp(score - largest) / total
          probabilities[(head * queryCount + i) * keys + j] = p
          for d in 0..<valueSize {
            let column = shared * valueSize + d
            let value =
              j < prefixCount
              ? x.prefixValues[j * valueStride + column]
              : x.values[(j - prefixCount) * valueStride + column]
            output[i * outputStride + head * valueSize + d] += p * value
          }
        }
      }
    }
    return (output, probabilities)
  }

  /// Σ output · weights, the scalar whose gradient the backward pass computes.
  func loss(_ x: Inputs, weights: [Double]) -> Double {
    zip(forward(x).output, weights).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

/// Number format of the operands of matrix products, in training and in serving alike. Sums,
/// weights, gradients, moments and everything between products are f32.
package enum Precision: String, Codable, CaseIterable, Sendable {
  case f32, bf16

  package static let names = allCases.map(\.rawValue)
}

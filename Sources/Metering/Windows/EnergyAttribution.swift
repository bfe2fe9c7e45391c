package import Artifacts

/// What one part of a window did, counted or known from its shape.
package struct PartWork: Hashable, Sendable {
  package var name: String
  /// Floating-point operations; a multiply-add is two.
  package var operations: Double
  /// Bytes moved from and to memory.
  package var bytes: Double
  package var time: Seconds

  package init(name: String, operations: Double, bytes: Double, time: Seconds) {
    self.name = name
    self.operations = operations
    self.bytes = bytes
    self.time = time
  }
}

/// The share of a window's energy that one part is charged with.
package struct AttributedEnergy: Codable, Hashable, Sendable {
  package var name: String
  package var energy: Figure<Joules>
  package var share: Double
  /// The share with each constant halved and doubled.
  package var lowShare: Double
  package var highShare: Double
}

/// The constants of the attribution. Only their ratios matter.
///
/// Source: M. Horowitz, "Computing's energy problem", ISSCC 2014 (45 nm: 32-bit multiply and add
/// 4.6 pJ, DRAM 1.3–2.6 nJ for 64 bits).
package struct AttributionConstants: Hashable, Sendable {
  package var joulesPerOperation = 4.6e-12
  package var joulesPerByte = 160e-12
  /// Power that is drawn whatever is done.
  package var staticPower: Watts

  package init(staticPower: Watts) { self.staticPower = staticPower }

  fileprivate func weight(_ part: PartWork, operation: Double, byte: Double) -> Double {
    part.operations * joulesPerOperation * operation + part.bytes * joulesPerByte * byte
      + part.time.value * staticPower.value
  }
}

/// Divides a window's energy among its parts: E_b = E·w_b/Σw, with
/// w_b = operations·e_op + bytes·e_byte + t_b·P_static.
///
/// The interval joins the window's own with the shares at half and double each constant. Every part
/// is unavailable where the window is, or where nothing was done.
package func attributed(
  _ window: Figure<Joules>, to parts: [PartWork], constants: AttributionConstants
) -> [AttributedEnergy] {
  func shares(operation: Double, byte: Double) -> [Double] {
    let weights = parts.map { constants.weight($0, operation: operation, byte: byte) }
    let sum = weights.reduce(0, +)
    return weights.map { sum > 0 ? $0 / sum : 0 }
  }
  let middle = shares(operation: 1, byte: 1)
  var low = middle
  var high = middle
  for operation in [0.5, 1, 2] {
    for byte in [0.5, 1, 2] {
      for (index, share) in shares(operation: operation, byte: byte).enumerated() {
        low[index] = min(low[index], share)
        high[index] = max(high[index], share)
      }
    }
  }
  return parts.indices.map { index in
    let energy: Figure<Joules>
    if let value = window.value, let from = window.low, let to = window.high, middle[index] > 0 {
      energy = .attributed(
        value * middle[index], low: from * low[index], high: to * high[index],
        source: "share of a \(window.provenance.rawValue) window by operations, bytes and time "
          + "(\(window.source))")
    } else {
      energy = .unavailable(
        window.value == nil ? window.source : "nothing was counted in this part")
    }
    return AttributedEnergy(
      name: parts[index].name, energy: energy, share: middle[index], lowShare: low[index],
      highShare: high[index])
  }
}

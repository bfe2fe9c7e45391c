import Foundation
import GPUCalibration
import HardwareModels
import Testing

@Suite struct MachineEnergyTests {
  /// LLM-Perf's rows of the A10G with energies that a card of `joulesPerByte` in a machine of `rest` watts
  /// beside it would take.
  private func rows(joulesPerByte: Double, rest: Double) throws -> [PublishedMeasurement] {
    var card = try GPUProfile.builtIn("a10g")
    card.setValue(.memoryEnergy, joulesPerByte)
    return try CalibrationTests.rows().filter {
      $0.card == "a10g" && $0.machineJoules != nil
    }.map { row in
      let constants = GPUConstants(card, precision: row.precision, engine: row.engine)
      let work = row.work(GPUKernels(constants: constants))
      var row = row
      row.value = 3.6e6 / (work.cardEnergy(constants) + rest * work.time(constants))
      return row
    }
  }

  @Test(arguments: [(1.2e-10, 40.0), (3e-10, 90)])
  func theFitFindsWhatABytesEnergyIs(joulesPerByte: Double, rest: Double) throws {
    let rows = try rows(joulesPerByte: joulesPerByte, rest: rest)
    let fitted = MachineEnergy.fit(try GPUProfile.builtIn("a10g"), to: rows)
    #expect(abs(fitted.band(.memoryEnergy).value / joulesPerByte - 1) < 0.01)
    let energy = try #require(MachineEnergy(rows, profile: fitted))
    #expect(abs(energy.restPower - rest) < 1)
    #expect(energy.entries.allSatisfy { abs($0.predicted / $0.measured - 1) < 0.01 })
  }

  @Test func heldOutRowsAreNotLookedAt() throws {
    var rows = try rows(joulesPerByte: 2e-10, rest: 70)
    let card = try GPUProfile.builtIn("a10g")
    let fitted = MachineEnergy.fit(card, to: rows)
    let rest = try #require(MachineEnergy(rows, profile: fitted)).restPower
    for index in rows.indices where rows[index].purpose != .calibration { rows[index].value *= 2 }
    #expect(MachineEnergy.fit(card, to: rows) == fitted)
    #expect(try #require(MachineEnergy(rows, profile: fitted)).restPower == rest)
    #expect(MachineEnergy(rows.filter { $0.purpose != .calibration }, profile: card) == nil)
  }

  /// The shipped profile says what a step of models takes that it was not fitted to, where time at a constant
  /// power does not.
  @Test func heldOutEnergyIsPredicted() throws {
    let energy = try #require(
      MachineEnergy(try CalibrationTests.rows(), profile: try GPUProfile.builtIn("a10g")))
    let held = energy.entries.filter { $0.row.purpose == .heldOutAdded }
    #expect(held.count > 40)
    func mean(_ value: (MachineEnergy.Entry) -> Double) -> Double {
      held.reduce(0) { $0 + abs(value($1) / $1.measured - 1) } / Double(held.count)
    }
    #expect(mean(\.predicted) < 0.05)
    #expect(mean(\.naive) > 0.2)
  }
}

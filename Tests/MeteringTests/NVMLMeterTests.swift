import Artifacts
import Foundation
import Metering
import Synchronization
import Testing

/// Cards that say what a test wants.
private struct FakeCards: GraphicsLibrary {
  var names: Result<[String], LibraryError>
  var energies: @Sendable (Int) -> Result<UInt64, LibraryError>

  func cards() throws(LibraryError) -> [String] { try names.get() }
  func energy(ofCard index: Int) throws(LibraryError) -> UInt64 { try energies(index).get() }
}

@Suite struct NVMLMeterTests {
  private static func error(_ code: Int32) -> LibraryError {
    LibraryError(operation: "nvml", code: code, message: "said no")
  }

  private static func system(
    _ names: [String], _ energies: @escaping @Sendable (Int) -> Result<UInt64, LibraryError>
  ) -> FakeSystem {
    FakeSystem(graphics: .success(FakeCards(names: .success(names), energies: energies)))
  }

  @Test func cardsAddUpInMillijoules() throws {
    let calls = Mutex(UInt64(0))
    let system = Self.system(["A10", "K80", "L4"]) { index in
      if index == 1 { return .failure(Self.error(3)) }
      return .success(
        calls.withLock { count in
          count += 100
          return count
        })
    }
    let meter = try NVMLMeter(system: system)
    #expect(meter.source.contains("0: A10, 2: L4") && meter.source.contains("K80"))
    let start = try meter.snapshot()
    system.advance(Seconds(1))
    let energy = try meter.energy(from: start, to: meter.snapshot())
    #expect(energy.value == Joules(0.4) && energy.provenance == .measured)
    #expect(meter.scope == .graphics)
    // A card's energy is never taken for the processor's.
    #expect(availableMeters(system: system).map(\.name) == ["nvml", "power-model"])
    #expect(bestMeter(system: system).name == "power-model")
  }

  @Test func everyWayItCanBeMissing() throws {
    expectKind(.absent) { () throws(MeterError) in try NVMLMeter(system: FakeSystem()) }
    expectKind(.absent) { () throws(MeterError) in
      try NVMLMeter(system: Self.system([]) { _ in .success(1) })
    }
    for (code, kind) in [
      (Int32(3), MeterError.Kind.notSupported), (4, .permission), (15, .absent), (999, .absent),
    ] {
      expectKind(kind) { () throws(MeterError) in
        try NVMLMeter(system: Self.system(["A10"]) { _ in .failure(Self.error(code)) })
      }
    }
    let driver = FakeSystem(
      graphics: .success(FakeCards(names: .failure(Self.error(9))) { _ in .success(1) }))
    expectKind(.absent) { () throws(MeterError) in try NVMLMeter(system: driver) }
  }

  @Test func aLostCardInvalidatesTheWindow() throws {
    let answers = Mutex<[Result<UInt64, LibraryError>]>([
      .success(900), .success(900), .success(5), .failure(Self.error(15)),
    ])
    let meter = try NVMLMeter(
      system: Self.system(["A10"]) { _ in answers.withLock { $0.removeFirst() } })
    let start = try meter.snapshot()
    let end = try meter.snapshot()
    expectKind(.inconsistent) { () throws(MeterError) in try meter.energy(from: start, to: end) }
    expectKind(.inconsistent) { () throws(MeterError) in
      try meter.energy(from: start, to: EnergySnapshot(time: 1))
    }
    expectKind(.failedRead) { () throws(MeterError) in try meter.snapshot() }
  }

  /// The C functions of the library, as a program that loads it finds them.
  private static func symbols(
    start: @escaping @convention(c) () -> Int32 = { 0 }, without missing: String = ""
  ) -> (String) -> UnsafeMutableRawPointer? {
    let count: @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32 = {
      $0.pointee = 2
      return 0
    }
    let handle: @convention(c) (UInt32, UnsafeMutablePointer<OpaquePointer?>) -> Int32 = {
      $1.pointee = OpaquePointer(bitPattern: Int($0) + 1)
      return 0
    }
    let name: @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>, UInt32) -> Int32 = {
      guard $2 >= 5 else { return 7 }
      for (index, byte) in "GPU".utf8.enumerated() { $1[index] = CChar(byte) }
      $1[3] = CChar(48 + Int(bitPattern: $0))
      $1[4] = 0
      return 0
    }
    let energy: @convention(c) (OpaquePointer?, UnsafeMutablePointer<UInt64>) -> Int32 = {
      $1.pointee = UInt64(Int(bitPattern: $0)) << 40
      return Int(bitPattern: $0) == 2 ? 4 : 0
    }
    let words: @convention(c) (Int32) -> UnsafePointer<CChar>? = { _ in nil }
    let functions: [String: UnsafeMutableRawPointer] = [
      "nvmlInit_v2": unsafeBitCast(start, to: UnsafeMutableRawPointer.self),
      "nvmlShutdown": unsafeBitCast(start, to: UnsafeMutableRawPointer.self),
      "nvmlErrorString": unsafeBitCast(words, to: UnsafeMutableRawPointer.self),
      "nvmlDeviceGetCount_v2": unsafeBitCast(count, to: UnsafeMutableRawPointer.self),
      "nvmlDeviceGetHandleByIndex_v2": unsafeBitCast(handle, to: UnsafeMutableRawPointer.self),
      "nvmlDeviceGetName": unsafeBitCast(name, to: UnsafeMutableRawPointer.self),
      "nvmlDeviceGetTotalEnergyConsumption":
        unsafeBitCast(energy, to: UnsafeMutableRawPointer.self),
    ]
    return { $0 == missing ? nil : functions[$0] }
  }

  @Test func functionsAreCalledAsTheHeaderSays() throws {
    let library = try NVMLLibrary(symbol: Self.symbols())
    #expect(try library.cards() == ["GPU1", "GPU2"])
    #expect(try library.energy(ofCard: 0) == 1 << 40)
    do throws(LibraryError) {
      _ = try library.energy(ofCard: 1)
      Issue.record("did not throw")
    } catch { #expect(error.code == 4 && error.operation.contains("TotalEnergy")) }
  }

  @Test func aLibraryThatDoesNotStartOrLacksAFunction() {
    do throws(LibraryError) {
      _ = try NVMLLibrary(symbol: Self.symbols(start: { 9 }))
      Issue.record("did not throw")
    } catch { #expect(error.code == 9 && error.operation == "nvmlInit_v2") }
    do throws(LibraryError) {
      _ = try NVMLLibrary(symbol: Self.symbols(without: "nvmlDeviceGetTotalEnergyConsumption"))
      Issue.record("did not throw")
    } catch { #expect(error.code == nil && error.operation.contains("TotalEnergy")) }
    do throws(LibraryError) {
      _ = try NVMLLibrary(file: "libplanner-has-no-such-library.so")
      Issue.record("did not throw")
    } catch { #expect(error.operation == "dlopen") }
  }
}

import Artifacts
import Metering
import Testing

@Suite struct PowerModelTests {
  @Test(arguments: [
    ("AuthenticAMD", 25, 0x01, "AMD Milan"), ("AuthenticAMD", 25, 0x11, "AMD Genoa"),
    ("AuthenticAMD", 25, 0xa0, "AMD Bergamo"), ("AuthenticAMD", 26, 0x02, "AMD Turin"),
    ("GenuineIntel", 6, 0x6a, "Intel Ice Lake-SP"),
    ("GenuineIntel", 6, 0x8f, "Intel Sapphire Rapids"),
    ("GenuineIntel", 6, 0xcf, "Intel Emerald Rapids"),
    ("GenuineIntel", 6, 0xad, "Intel Granite Rapids"),
  ])
  func rowByProcessor(vendor: String, family: Int, model: Int, row: String) {
    let processor = ProcessorIdentity(
      vendor: vendor, family: family, model: model, modelName: "", threads: 2, hypervisor: true)
    #expect(PowerModel.row(for: processor).processor == row)
    #expect(PowerModel.row(for: processor).known)
  }

  @Test func anUnknownProcessorGetsTheWidestBand() {
    let client = ProcessorIdentity(
      vendor: "AuthenticAMD", family: 25, model: 0x21, modelName: "", threads: 2,
      hypervisor: false)
    let row = PowerModel.row(for: client)
    #expect(!row.known)
    #expect(row.idle.low == 0.18 && row.idle.high == 1.68)
    #expect(row.full.low == 1.11 && row.full.high == 4.95)
  }
}

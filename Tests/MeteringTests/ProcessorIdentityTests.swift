import Metering
import Testing

@Suite struct ProcessorIdentityTests {
  private func fullName(_ name: String, family: Int? = 26, model: Int? = 2) -> String {
    ProcessorIdentity(
      vendor: "AuthenticAMD", family: family, model: model, modelName: name, threads: 2,
      hypervisor: true
    ).fullName
  }

  @Test func aNameThatTellsNoProcessorHasFamilyAndModel() {
    #expect(fullName("AMD EPYC") == "AMD EPYC, family 26 model 2")
    #expect(fullName("AMD EPYC 9654") == "AMD EPYC 9654")
    #expect(fullName("AMD EPYC", family: nil) == "AMD EPYC")
  }
}

/// What each source is, in words for someone who has never heard of it.
enum EnergySourceWords {
  static let about: [String: String] = [
    PerfPowerMeter.meterName:
      "the processor's own energy counters (RAPL), added up by the kernel: the best source",
    PowercapMeter.meterName: "the same counters as files below /sys/class/powercap",
    HwmonMeter.meterName: "energy of AMD sockets from the driver amd_energy",
    NVMLMeter.meterName: "energy of NVIDIA cards; planner's own work runs on the processor",
    PowerModelMeter.meterName:
      "no meter: CPU time multiplied with the power of published machines of this kind",
    "cycles": "ticks of the processor's clock while it works",
    "instructions": "instructions done; per cycle they tell how well the processor is used",
    "cache-misses": "reads that had to go to memory, 64 bytes each",
    "flop": "floating-point operations, where AMD's processors count them",
    "fp32-256-bit-instructions": "vector arithmetic, as Intel's processors count it",
    "fp32-512-bit-instructions": "wide vector arithmetic, as Intel's processors count it",
    "task-clock": "CPU time, counted by the kernel itself",
    "page-faults": "pages of memory that had to be fetched, counted by the kernel itself",
  ]

  static let remedyWhereAbsent: [String: String] = [
    PerfPowerMeter.meterName: bareMetal, PowercapMeter.meterName: bareMetal,
  ]

  private static let bareMetal =
    "virtual machines rarely show it: run on the machine itself, or load the module intel_rapl_msr; "
    + "until then the power model is used"
}

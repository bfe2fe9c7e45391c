extension GPUProfile {
  /// The built-in NVIDIA A10 (GA102-890), equal to `profiles/a10.json`.
  ///
  /// Efficiencies contain the throttling at the 150 W cap; they are not to be reduced again.
  package static let a10 = GPUProfile(
    name: "a10",
    description: "NVIDIA A10, 72 SM, 24 GB GDDR6, 150 W; analytical model of a fused engine",
    streamingMultiprocessors: 72,
    peakOperationsPerSecond: ["f16": 125e12, "f32": 31.24e12, "int8": 250e12],
    memoryBandwidth: 600e9,
    parameters: [
      Band(.gemmEfficiencyF16, 0.58, 0.48, 0.68, source: fitted),
      Band(.gemmEfficiencyF32, 0.43, 0.36, 0.64, source: fitted),
      Band(.gemmEfficiencyInt8, 0.73, 0.55, 0.8, source: fitted),
      Band(.gemmMemoryEfficiency, 0.8, 0.72, 0.85, source: assumed),
      Band(.elementwiseMemoryEfficiency, 0.8, 0.55, 0.86, source: assumed),
      Band(.cacheMemoryEfficiency, 0.7, 0.6, 0.8, source: assumed),
      Band(.attentionEfficiency, 0.35, 0.2, 0.5, source: assumed),
      Band(.tileEfficiency256x128, 1, 1, 1, source: "reference tile"),
      Band(.tileEfficiency128x128, 0.93, 0.93, 0.93, source: assumed),
      Band(.tileEfficiency128x64, 0.8, 0.8, 0.8, source: assumed),
      Band(.tileEfficiency64x64, 0.62, 0.62, 0.62, source: assumed),
      Band(.kernelTime, 2.5e-6, 2e-6, 5e-6, source: assumed),
      Band(.launchTime, 10e-6, 8e-6, 13e-6, source: fitted),
      Band(.idlePower, 15, 9, 23, source: "reported idle power of A10 cards"),
      Band(.contextPower, 50, 40, 65, source: "MLPerf Inference v1.1 Power, XE2420"),
      Band(.powerCap, 150, 150, 150, source: "NVIDIA A10 data sheet"),
      Band(.wallFactor, 1.18, 1.14, 1.25, source: "MLPerf Inference v1.1 Power: 171–188 W a card"),
      Band(.operationEnergyF16, 1.2e-12, 0.78e-12, 1.62e-12, source: assumed),
      Band(.operationEnergyF32, 4e-12, 1.6e-12, 6.4e-12, source: assumed),
      Band(.operationEnergyInt8, 0.6e-12, 0.39e-12, 0.81e-12, source: assumed),
      Band(.memoryEnergy, 170e-12, 100e-12, 290e-12, source: assumed),
    ])

  private static let fitted =
    "starting value near FasterTransformer's published BERT-base latencies on A10, not a fit"
  private static let assumed = "engineering estimate for Ampere cards"
}

extension GPUProfile {
  /// Profiles that ship with the tool, found by name from any folder.
  package static let builtIn = [a10]
}

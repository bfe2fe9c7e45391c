// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A Swift target whose imports point only down the list in DESIGN.md.
func module(_ name: String, _ dependencies: [String], resources: [Resource] = []) -> Target {
  .target(
    name: name, dependencies: dependencies.map { .init(stringLiteral: $0) },
    resources: resources, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [String], fixtures: Bool = false) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: ([name, "TestSupport"] + dependencies).map { .init(stringLiteral: $0) },
    exclude: fixtures ? ["Fixtures"] : [], swiftSettings: settings)
}

let package = Package(
  name: "planner",
  products: [.executable(name: "planner", targets: ["planner"])],
  targets: [
    // C at the edge.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CPfm", providers: [.apt(["libpfm4-dev"])]),
    .target(name: "CKernels"),
    // A C file is not linked with what its system module names, as a Swift file is.
    .target(
      name: "CLinuxPerf", dependencies: ["CPfm"], linkerSettings: [.linkedLibrary("pfm")]),

    // Values, storage, arithmetic.
    module("Artifacts", []),
    module("Storage", []),
    module("Kernels", ["CKernels", "COpenBLAS"]),
    module("Metering", ["CLinuxPerf", "Artifacts"]),

    // The model, its data, its training.
    module("Transformers", ["Kernels", "Storage", "Artifacts"]),
    module("Datasets", ["Storage", "Artifacts"]),
    module("Training", ["Transformers", "Datasets", "Kernels", "Storage", "Artifacts"]),
    module("EmbeddedModel", [], resources: [.copy("Resources/embedded")]),
    module("Pruning", ["Training", "Transformers", "Kernels", "Artifacts"]),

    // The four stages.
    module(
      "HardwareModels", ["Artifacts"], resources: [.copy("Profiles"), .copy("Architectures")]),
    module("Planning", ["HardwareModels", "Artifacts"]),
    module(
      "Profiling",
      [
        "Training", "Pruning", "Metering", "Transformers", "Datasets", "Storage", "Artifacts",
        "HardwareModels", "Kernels",
      ]),
    module(
      "Execution",
      ["Training", "Pruning", "Metering", "Transformers", "Datasets", "Storage", "Artifacts"]),
    module("Reporting", ["Artifacts"]),
    module(
      "Interchange", ["Training", "Transformers", "Datasets", "Kernels", "Storage", "Artifacts"]),

    // The command line.
    module(
      "CommandLineTool",
      [
        "Reporting", "Interchange", "Execution", "Profiling", "Planning", "HardwareModels",
        "Pruning",
        "EmbeddedModel", "Training", "Datasets", "Transformers", "Metering", "Kernels", "Storage",
        "Artifacts",
      ]),
    .executableTarget(
      name: "planner", dependencies: ["CommandLineTool"], swiftSettings: settings),

    // Long evidence, made by one command each.
    .executableTarget(
      name: "controls",
      dependencies: [
        "EmbeddedModel", "Training", "Transformers", "Datasets", "Kernels", "Storage", "Artifacts",
      ],
      path: "Benchmarks/Controls", swiftSettings: settings),
    .executableTarget(
      name: "precision-study",
      dependencies: [
        "EmbeddedModel", "Pruning", "Training", "Transformers", "Datasets", "Metering", "Storage",
        "Artifacts",
      ],
      path: "Benchmarks/PrecisionStudy", swiftSettings: settings),
    .target(name: "CPeak", path: "Benchmarks/Peak"),
    .target(name: "CAllocations", path: "Benchmarks/Allocations"),
    .executableTarget(
      name: "bench",
      dependencies: [
        "CPeak", "CAllocations", "EmbeddedModel", "Training", "Transformers", "Datasets",
        "Metering", "Kernels",
        "Storage", "Artifacts",
      ],
      path: "Benchmarks/Engine", swiftSettings: settings),

    .executableTarget(
      name: "cost-study",
      dependencies: [
        "Profiling", "HardwareModels", "EmbeddedModel", "Training", "Transformers", "Datasets",
        "Metering", "Storage", "Artifacts",
      ],
      path: "Benchmarks/CostStudy", swiftSettings: settings),
    .target(
      name: "GPUCalibration", dependencies: ["HardwareModels", "Artifacts"],
      path: "Benchmarks/GPUCalibration", swiftSettings: settings),
    .executableTarget(
      name: "calibrate", dependencies: ["GPUCalibration", "HardwareModels", "Artifacts"],
      path: "Benchmarks/Calibrate", swiftSettings: settings),

    .executableTarget(
      name: "mutations", dependencies: ["TestSupport", "Artifacts"], path: "Benchmarks/Mutations",
      swiftSettings: settings),

    // Tests mirror targets.
    .target(
      name: "TestSupport",
      dependencies: ["Training", "Transformers", "Datasets", "Kernels", "Storage", "Artifacts"],
      path: "Tests/TestSupport",
      swiftSettings: settings),
    tests("Artifacts", []),
    tests("Storage", ["Artifacts"], fixtures: true),
    tests("Kernels", ["Artifacts"]),
    tests("Metering", ["Artifacts"]),
    tests("Transformers", ["Kernels", "Storage", "Artifacts"], fixtures: true),
    tests("Datasets", ["Storage", "Artifacts"], fixtures: true),
    tests("Training", ["Transformers", "Datasets", "Kernels", "Storage", "Artifacts"]),
    tests(
      "Pruning", ["Training", "Transformers", "Kernels", "Storage", "Artifacts"], fixtures: true),
    tests("EmbeddedModel", ["Training", "Transformers", "Datasets", "Artifacts"]),
    tests("HardwareModels", ["Artifacts"]),
    tests("GPUCalibration", ["HardwareModels", "Artifacts"]),
    tests("Planning", ["HardwareModels", "Pruning", "Transformers", "Kernels", "Artifacts"]),
    tests(
      "Profiling",
      [
        "HardwareModels", "Metering", "Training", "Transformers", "Datasets", "Storage",
        "Artifacts",
      ]),
    tests(
      "Execution",
      ["Metering", "Training", "Pruning", "Transformers", "Datasets", "Storage", "Artifacts"]),
    tests("Reporting", ["Artifacts"]),
    tests("Interchange", ["Transformers", "Datasets", "Kernels", "Storage", "Artifacts"]),
    tests(
      "CommandLineTool",
      [
        "Planning", "HardwareModels", "Training", "Datasets", "Transformers", "Storage",
        "Artifacts",
      ]),
  ]
)

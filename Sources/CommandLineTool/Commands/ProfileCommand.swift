import Artifacts
import Datasets
import HardwareModels
import Metering
import Profiling
import Storage
import Training
import Transformers

/// What each part of the model costs here, and how much accuracy each dimension carries.
struct ProfileCommand: Command {
  static let hardware = Option(
    "--hardware", .text("NAME", "build, a10 or a file"), default: buildMachine,
    help: "build: this machine, measured, and an A10, modelled; a10 or a file: that one, modelled.")
  static let workload = Option(
    "--workload", .text("FILE", "a JSON file"),
    help: "The request to profile; the default one where absent.")

  static let thorough = Flag(
    "--thorough",
    help: "Measure for minutes: tighter intervals, finer steps between widths, every probe.")
  static let quick = Flag(
    "--quick", help: "Measure for seconds: rough costs and short probes, to try a path out.")

  let name = "profile"
  let summary = "Measure what each block and dimension costs, in time and energy."
  let discussion = """
    Asks the original the validation questions first, and says at once where it cannot answer them.
    Then writes profile.json: latency and energy of one request by phase, of one block at sampled shapes
    (paired marginals), and the accuracy that short distillation recovers after each kind of prune.
    The tokenizer's own template, such as a begin of text, is put around every prompt.
    """
  var options: [any ArgumentDeclaration] {
    [
      CommonOptions.model, CommonOptions.data, PromptOption.option, Self.hardware, Self.workload,
      Self.thorough, Self.quick,
      CommonOptions.run, CommonOptions.precision, CommonOptions.json,
    ]
  }

  func run(_ context: CommandContext) throws {
    let arguments = context.arguments
    guard !(arguments[Self.quick] && arguments[Self.thorough]) else {
      throw UsageError("--quick and --thorough exclude each other; give one of them")
    }
    let prompt = try PromptOption.format(arguments[PromptOption.option])
    let folder = context.runFolder
    try folder.create()
    let lock = try FolderLock(folder: folder.path, purpose: name)
    defer { lock.release() }
    try folder.requireNoSteps(before: "profile")
    let workload = try arguments[Self.workload].map { try RunInputs.workload(at: $0) }
    let inputs = try RunInputs(
      model: arguments[CommonOptions.model], data: arguments[CommonOptions.data],
      workload: workload, prompt: prompt,
      stage: arguments[Self.hardware] == buildMachine ? \.profile : \.loading)
    let model = inputs.model.running(in: context.precision)
    let shape = inputs.model.parameters.layout.shape
    let machine = MachineReference.current()
    let hardware = arguments[Self.hardware]
    let modelled = try GPUProfile(named: hardware == buildMachine ? "a10" : hardware)
    let costs = try AnalyticalGPU(modelled).hardwareCosts(model: shape, workload: inputs.workload)
    var record: ProfileRecord
    if hardware == buildMachine {
      var session = ProfileSession(
        model: model, data: inputs.data, processor: inputs.processor,
        workload: inputs.workload, machine: machine, monitor: .best(), modelled: [costs], seed: 1,
        progress: context.console.progress)
      if arguments[Self.thorough] {
        session.sampling = .thorough
        session.probeSeconds = .infinity
        session.requestRepetitions = 21
      }
      if arguments[Self.quick] { session.makeQuick() }
      record = try session.run()
    } else {
      let none = Expense(
        time: .unavailable("nothing was measured"), energy: .unavailable("nothing was measured"))
      record = ProfileRecord(
        model: ModelReference(
          content: inputs.model.content, shape: shape, precision: context.precision.rawValue,
          parameterCount: inputs.model.parameters.count), data: inputs.data.reference,
        workload: inputs.workload, machine: machine, hardware: [costs], sensitivity: nil,
        costExpense: none, probeExpense: nil,
        warnings: ["\(hardware) is modelled: nothing was measured for this profile"], prompt: prompt
      )
    }
    record.companions = inputs.companions
    try context.makeWay(for: "profile")
    try AtomicFile.write(try ArtifactCoding.document(record), to: folder.profile)
    context.console.clearBar()
    try context.present(json: record, text: record.text + "\n\nprofile: \(folder.profile)")
  }
}

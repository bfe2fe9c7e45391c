import Artifacts
import Foundation
import HardwareModels
import Interchange
import Planning
import Pruning
import Storage
import Training

/// From costs and a target to a shape and the schedule that leads to it.
struct PlanCommand: Command {
  static let target = Option(
    "--target-ms", .positive("milliseconds"), default: 90, help: "Latency of one request.")
  static let ratio = Option(
    "--target-ratio", .number(above: 1),
    help: "Instead of --target-ms: the latency of the original, divided by N.")
  static let annualEnergy = Option(
    "--annual-kwh", .positive("kilowatt-hours"), help: "Serving electricity of a year, at most.")
  static let compressionEnergy = Option(
    "--compression-kwh", .positive("kilowatt-hours"),
    help: "Electricity of the compression itself, at most.")
  static let accuracyDrop = Option(
    "--max-accuracy-drop", .share, default: defaults.maximumAccuracyDrop.value,
    help: "Accuracy that may be lost, absolute, on validation entries: 0.05 is five points.")
  static let failingOriginal = Flag(
    "--allow-failing-original",
    help: "Accept an original whose answers show nothing that could be lost.")
  static let requests = Option(
    "--requests-per-year", .positive("requests"), default: defaults.requestsPerYear,
    help: "Volume of a year.")
  static let model = Option(
    "--model", .text("NAME", "an architecture that ships or a JSON file"),
    help: "Plan an architecture without weights: no profile is needed.")
  static let hardware = Option(
    "--hardware", .text("NAME", "a hardware of the profile, or a file"),
    default: defaults.hardware,
    help: "Hardware that the targets are for; with --model a modelled one.")
  static let strategy = Option(
    "--strategy", .choice("NAME", of: Strategies.names), default: defaults.strategy,
    help: "How shapes are searched: \(Strategies.names.joined(separator: ", ")).")

  static let criterion = Option(
    "--criterion", .choice("NAME", of: importanceCriteria.map { $0.name }),
    default: defaults.settings.criterion,
    help: "Importance: \(importanceCriteria.map { $0.name }.joined(separator: ", ")).")
  static let pairwise = Option(
    "--pairwise", .choice("NAME", of: pairwiseReadings.map(\.name)),
    default: defaults.settings.pairwiseReading,
    help: "Pairwise term: \(pairwiseReadings.map(\.name).joined(separator: ", ")).")
  static let views = Option(
    "--teacher-views", .integer(in: 0...64), default: defaults.settings.teacherViews,
    help: "Altered views of every image that the teacher answers, at most.")
  static let seed = Option(
    "--seed", .seed, default: defaults.settings.seed, help: "Seed of everything random.")

  static let loadableBy = Option(
    "--loadable-by", .choice("FORMAT", of: ExportFormat.allCases.map(\.rawValue)),
    help: "Only shapes that this format holds: hf, onnx, gguf. hf where absent and possible.")

  private static let defaults = PlanRequest(latency: Seconds(milliseconds: 90))

  let name = "plan"
  let summary = "Choose the shape that meets the targets, and the steps to it."
  let discussion = """
    Reads profile.json of the run folder and writes plan.json beside it. Exits with 2 where
    no shape meets every target, and says which target binds and what the nearest is. Refuses
    an original that cannot answer the data, and a run folder whose plan has been carried out.
    With --model, plans an architecture on modelled hardware, and writes files only into
    a folder that --run names.
    """
  var options: [any ArgumentDeclaration] {
    [
      Self.model, Self.target, Self.ratio, Self.accuracyDrop, Self.annualEnergy,
      Self.compressionEnergy, Self.requests, Self.failingOriginal,
      Self.hardware, Self.strategy, Self.criterion, Self.pairwise, Self.views, Self.seed,
      Self.loadableBy,
      CommonOptions.run,
      CommonOptions.json,
    ]
  }

  func run(_ context: CommandContext) throws {
    if let name = context.arguments[Self.model] {
      try run(architecture: Architecture(named: name), context)
      return
    }
    let folder = context.runFolder
    _ = try folder.readProfile()
    try folder.create()
    let lock = try FolderLock(folder: folder.path, purpose: name)
    defer { lock.release() }
    let (profile, bytes) = try folder.readProfile()
    var request = try request(context.arguments, profile: profile)
    let loadable = try constrain(&request, context.arguments, profile.model.shape)
    var plan = try plan(profile, bytes, request)
    plan.notes.append(loadable.note)
    plan.loadableBy = loadable.format?.rawValue
    try write(ArtifactCoding.document(plan), context)
    try context.present(json: plan, text: plan.text + "\n\nplan: \(folder.plan)")
  }

  /// The plan that is there already may be written again; another one only where nothing was made of it.
  private func write(_ document: Data, _ context: CommandContext) throws {
    let folder = context.runFolder
    if folder.exists(folder.plan), try sha256(ofFile: folder.plan) == sha256(of: document) {
      return
    }
    try context.makeWay(for: "plan")
    try AtomicFile.write(document, to: folder.plan)
  }

  private func plan(
    _ profile: ProfileRecord, _ bytes: Data, _ request: PlanRequest
  ) throws -> PlanRecord {
    do {
      return try makePlan(
        profile: profile,
        profileReference: ContentReference(name: "profile.json", sha256: sha256(of: bytes)),
        request: request)
    } catch {
      throw CommandFailure(
        error.description, exitCode: error.isInfeasible ? .infeasible : .failed)
    }
  }

  /// A plan without weights: costs from a hardware model, accuracy unknown.
  private func run(architecture: Architecture, _ context: CommandContext) throws {
    let arguments = context.arguments
    let name = arguments.isGiven(Self.hardware) ? arguments[Self.hardware] : "a10"
    guard name != buildMachine else {
      throw CommandFailure(
        "--hardware build: nothing can be measured without weights; name a modelled card "
          + "(\(GPUProfile.builtInNames.joined(separator: ", "))) or a profile file")
    }
    let card = try GPUProfile(named: name)
    let gpu = try AnalyticalGPU(
      card, precision: architecture.precision, engine: architecture.engine)
    let profile = try architecture.profile(on: gpu)
    let bytes = try ArtifactCoding.document(profile)
    let request = try request(arguments, profile: profile, hardware: card.name)
    let plan = try plan(profile, bytes, request)
    let result = ArchitecturePlan(
      assumptions: architecture.assumptions, confidence: "\(card.name), \(card.confidence)",
      plan: plan, throughput: try ThroughputByStage(architecture, gpu: gpu, plan: plan),
      saving: architecture.published.flatMap {
        YearlySaving(
          $0, original: plan.original.costs[0].request, plan: plan.final.costs[0].request,
          powerUsageEffectiveness: request.powerUsageEffectiveness)
      })
    var text = result.text
    if arguments.isGiven(CommonOptions.run) {
      let folder = context.runFolder
      try folder.create()
      let lock = try FolderLock(folder: folder.path, purpose: self.name)
      defer { lock.release() }
      try context.makeWay(for: "plan")
      try AtomicFile.write(bytes, to: folder.profile)
      try AtomicFile.write(ArtifactCoding.document(plan), to: folder.plan)
      text += "\n\nplan: \(folder.plan)"
    }
    try context.present(json: result, text: text)
  }

  /// Limits the shapes to those that a format holds; returns the format, where one does, and what to
  /// say about it.
  private func constrain(
    _ request: inout PlanRequest, _ arguments: ParsedArguments, _ model: ModelShape
  ) throws -> (format: ExportFormat?, note: String) {
    let given = arguments[Self.loadableBy].flatMap { ExportFormat(rawValue: $0) }
    let shapes = LoadableShapes(of: model, by: given ?? .huggingFace)
    if let reason = shapes.obstacleOfTheOriginal {
      guard given == nil else {
        throw CommandFailure(
          "--loadable-by \(shapes.format.rawValue): not even the original is, because \(reason); "
            + "take onnx, which holds every shape")
      }
      return (
        nil,
        "No stock class of transformers holds this model (\(reason)): it can be exported as "
          + "onnx, or as hf filled up with zeros, at the cost of the wider shape."
      )
    }
    request.allows = shapes.allows
    return (shapes.format, "The planned shape is loadable by \(shapes.format.rawValue).")
  }

  private func request(
    _ arguments: ParsedArguments, profile: ProfileRecord, hardware: String? = nil
  ) throws -> PlanRequest {
    var request = PlanRequest(latency: Seconds(milliseconds: arguments[Self.target]))
    request.hardware = hardware ?? arguments[Self.hardware]
    if let ratio = arguments[Self.ratio] {
      guard !arguments.isGiven(Self.target) else {
        throw UsageError("--target-ms and --target-ratio are two ways to say one thing; give one")
      }
      let costs = profile.hardware.first { $0.name == request.hardware }
      // A missing hardware is the planner's to refuse, with the names of those there are.
      if let original = costs?.request.time.value {
        request.latency = original / ratio
        request.speedUp = ratio
      }
    }
    request.maximumAccuracyDrop = Accuracy(arguments[Self.accuracyDrop])
    request.allowsFailingOriginal = arguments[Self.failingOriginal]
    request.annualEnergy = arguments[Self.annualEnergy].map { KilowattHours($0) }
    request.compressionEnergy = arguments[Self.compressionEnergy].map { KilowattHours($0) }
    request.requestsPerYear = arguments[Self.requests]
    request.strategy = arguments[Self.strategy]
    request.settings.criterion = arguments[Self.criterion]
    request.settings.teacherViews = arguments[Self.views]
    request.settings.pairwiseReading = arguments[Self.pairwise]
    request.settings.precision = profile.model.precision
    request.settings.seed = arguments[Self.seed]
    return request
  }
}

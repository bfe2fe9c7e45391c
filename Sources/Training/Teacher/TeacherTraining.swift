package import Artifacts
import Datasets
import Dispatch
import Foundation
import Storage
import Transformers

/// How a shipped teacher came to be: `training.json` beside its weights.
package struct TeacherRecord: Codable, Sendable {
  package struct Point: Codable, Sendable {
    package var stage: String
    package var step: Int
    package var loss: Double
    /// Share of attributes read from patch tokens and from query tokens; absent in stage 2.
    package var fromTokens: [Double]?
    package var fromQueries: [Double]?
  }

  package var recipe: TeacherRecipe
  package var machine: MachineReference
  package var curve: [Point]
  /// Wall time of all sessions, resumed ones added up.
  package var time: Seconds
  package var validation: AccuracyRecord
  package var test: AccuracyRecord
  package var weights: String
}

/// Trains the embedded teacher in two stages, resumable and seeded.
package struct TeacherTraining {
  package var recipe: TeacherRecipe
  /// Where the model goes.
  package var folder: String
  package var machine: MachineReference
  package var progress: ProgressHandler?
  /// Seconds between saved states.
  package var saveInterval = 120.0
  /// Stop with the state saved after this long; nil to run to the end.
  package var limit: Seconds?

  package init(
    recipe: TeacherRecipe, folder: String, machine: MachineReference,
    limit: Seconds?, progress: ProgressHandler?
  ) {
    self.recipe = recipe
    self.folder = folder
    self.machine = machine
    self.limit = limit
    self.progress = progress
  }

  private struct Session: Codable {
    var recipe: TeacherRecipe
    var curve: [TeacherRecord.Point] = []
    var seconds = 0.0
  }

  /// Runs to the end and returns the record, or returns nil where the time limit came first.
  package func run() throws -> TeacherRecord? {
    let start = DispatchTime.now().uptimeNanoseconds
    let elapsed = { Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let state = TrainingState(path: path("training-state.safetensors"))
    let sessionPath = path("training-session.json")
    let tokenizer = EmbeddedData.tokenizer
    let model = Parameters(
      layout: ModelLayout(
        recipe.shape(vocabularySize: tokenizer.vocabularySize), precision: recipe.precision ?? .f32)
    )
    var generator = SeededGenerator(seed: recipe.seed, stream: "initial weights")
    model.initialize(using: &generator)

    var session = Session(recipe: recipe)
    let position = try state.position()
    if position != nil, FileManager.default.fileExists(atPath: sessionPath) {
      session = try ArtifactCoding.decode(
        Session.self, from: try RegularFile.contents(of: sessionPath))
      guard try ArtifactCoding.line(session.recipe) == ArtifactCoding.line(recipe) else {
        throw StorageError.malformed(
          path: sessionPath, field: "recipe",
          reason: "differs from this command's; remove the folder to start anew")
      }
    }
    let before = session.seconds
    func save(_ buffers: TrainingState.Buffers, stage: String, step: Int) throws {
      session.seconds = before + elapsed()
      try AtomicFile.write(try ArtifactCoding.document(session), to: sessionPath)
      try state.save(buffers, stage: stage, step: step)
    }

    let vision = VisionStage(model: model, recipe: recipe)
    var lastSave = 0.0
    if position?.stage != "language" {
      if let position {
        try state.restore(vision.state)
        vision.resume(at: position.step)
      }
      while vision.step < vision.steps {
        let reading = vision.advance()
        report(
          "vision", vision.step, vision.steps, reading.loss, reading.fromQueries.min(), elapsed())
        if vision.step % 100 == 0 || vision.step == vision.steps {
          session.curve.append(
            TeacherRecord.Point(
              stage: "vision", step: vision.step, loss: reading.loss,
              fromTokens: reading.fromTokens, fromQueries: reading.fromQueries))
        }
        if isOver(elapsed()) {
          try save(vision.state, stage: "vision", step: vision.step)
          return nil
        }
        if elapsed() - lastSave > saveInterval {
          lastSave = elapsed()
          try save(vision.state, stage: "vision", step: vision.step)
        }
      }
    }
    let language = LanguageStage(model: model, recipe: recipe, processor: EmbeddedData.processor)
    // The encoder is part of the state: it is frozen now, but a resumed run must find it.
    let encoder: TrainingState.Buffers = [
      ("encoder.parameters", model.pointer, model.layout.languageRange.lowerBound)
    ]
    if let position, position.stage == "language" {
      try state.restore(encoder + language.state)
      language.resume(at: position.step)
    }
    while language.step < language.steps {
      let loss = language.advance()
      report("language", language.step, language.steps, loss, nil, elapsed())
      if language.step % 50 == 0 || language.step == language.steps {
        session.curve.append(
          TeacherRecord.Point(stage: "language", step: language.step, loss: loss))
      }
      if isOver(elapsed()) && language.step < language.steps {
        try save(encoder + language.state, stage: "language", step: language.step)
        return nil
      }
      if elapsed() - lastSave > saveInterval {
        lastSave = elapsed()
        try save(encoder + language.state, stage: "language", step: language.step)
      }
    }
    try Checkpoint.save(
      model, to: folder, storedType: .bf16,
      imageToken: Int(tokenizer.specials.image ?? 0), keeping: ["training-state.safetensors"])
    let record = try judge(curve: session.curve, time: Seconds(before + elapsed()))
    try AtomicFile.write(try ArtifactCoding.document(record), to: path("training.json"))
    state.remove()
    try? FileManager.default.removeItem(atPath: sessionPath)
    return record
  }

  /// Accuracy of the model as it lies on disk, rounded to bf16.
  private func judge(curve: [TeacherRecord.Point], time: Seconds) throws -> TeacherRecord {
    let loaded = try Checkpoint.load(folder: folder).running(in: recipe.precision ?? .f32)
    let data = EmbeddedData.dataset()
    let model = InferenceModel(loaded.parameters)
    func accuracy(_ name: String, _ creatives: [Creative]) -> AccuracyRecord {
      evaluate(
        model,
        on: PreparedSplit(
          name: name, creatives: creatives, tasks: data.tasks, processor: EmbeddedData.processor,
          model: loaded.parameters, threads: recipe.workers),
        threads: recipe.workers)
    }
    return TeacherRecord(
      recipe: recipe, machine: machine, curve: curve, time: time,
      validation: accuracy("validation", data.validation), test: accuracy("test", data.test),
      weights: loaded.content.sha256)
  }

  private func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }

  private func isOver(_ elapsed: Double) -> Bool { limit.map { elapsed > $0.value } ?? false }

  private func report(
    _ stage: String, _ step: Int, _ steps: Int, _ loss: Double, _ accuracy: Double?,
    _ elapsed: Double
  ) {
    progress?(
      ProgressUpdate(
        stage: stage, step: step, steps: steps, fraction: Double(step) / Double(max(1, steps)),
        loss: loss, accuracy: accuracy))
  }
}

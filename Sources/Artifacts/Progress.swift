/// How far a long piece of work has come, reported by a library and rendered by its caller.
package struct ProgressUpdate: Sendable {
  /// What is under way, in a reader's words: "blocks", "distil", "probe".
  package var stage: String
  /// Steps done, of `steps`.
  package var step: Int
  /// All steps of the work; 0 where the number is not known.
  package var steps: Int
  /// Share of the whole work that is done, in 0 ... 1.
  package var fraction: Double
  /// Latest value of the training loss.
  package var loss: Double?
  /// Latest share of exactly matched answers, in 0 ... 1.
  package var accuracy: Double?
  /// A line worth keeping in a log, for example a step that was rolled back.
  package var message: String?
  /// Expected time to the end of the work.
  package var remaining: Seconds?

  package init(
    stage: String, step: Int, steps: Int, fraction: Double, loss: Double? = nil,
    accuracy: Double? = nil, message: String? = nil, remaining: Seconds? = nil
  ) {
    self.stage = stage
    self.step = step
    self.steps = steps
    self.fraction = fraction
    self.loss = loss
    self.accuracy = accuracy
    self.message = message
    self.remaining = remaining
  }
}

/// Receives updates while a library works; may be called often and from any thread.
package typealias ProgressHandler = @Sendable (ProgressUpdate) -> Void

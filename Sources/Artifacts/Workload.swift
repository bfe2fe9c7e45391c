/// What one request asks of the model, at which latency and energy are measured and planned.
///
/// The default is an audit request: a set of creatives (advertisement images), a few questions
/// about each. The image and its prefix through the language model are computed once per creative.
package struct Workload: Codable, Hashable, Sendable {
  package var name: String
  /// Images of one request.
  package var creatives: Int
  /// Questions about each image.
  package var questionsPerCreative: Int
  /// Tokens of a question, the mean over the data; profiling on real questions uses their own.
  package var promptTokens: Int
  /// Tokens generated for every question. Forced, so that two models do the same work.
  package var newTokens: Int
  /// Worker threads.
  package var threads: Int

  package init(
    name: String, creatives: Int, questionsPerCreative: Int, promptTokens: Int, newTokens: Int,
    threads: Int
  ) {
    self.name = name
    self.creatives = creatives
    self.questionsPerCreative = questionsPerCreative
    self.promptTokens = promptTokens
    self.newTokens = newTokens
    self.threads = threads
  }

  /// Questions of one request: the sequences decoded together.
  package var sequences: Int { creatives * questionsPerCreative }
}

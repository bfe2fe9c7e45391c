package import Artifacts
package import Datasets
import Kernels
package import Transformers

/// A training split with altered views of its images, and the teacher's answers to all of it.
///
/// Distillation needs no ground truth: the teacher answers any picture, so the student can be shown
/// combinations that the training images do not contain (Beyer et al., "Knowledge distillation: A
/// good teacher is patient and consistent", 2022).
package struct TeacherViews: Sendable {
  /// The creatives, then view after view of all of them: view `v` (from 1) of creative `i` is at
  /// `v · sourceCount + i`.
  package let split: PreparedSplit
  /// Logits at the true answers of the creatives and at the teacher's own answers to the views.
  package let outputs: TeacherOutputs

  /// Computes the teacher's outputs on `split`, then alters each image of `creatives`, which are the
  /// split's, `count` times and has the teacher answer the same questions. Logits are kept up to
  /// `memoryLimit` bytes. `progress` gets the share that is done.
  package init(
    of split: PreparedSplit, creatives: [Creative], count: Int, teacher: Parameters,
    memoryLimit: Double = .infinity, threads: Int, generator: inout SeededGenerator,
    progress: (@Sendable (Double) -> Void)? = nil
  ) {
    let parts = Double(1 + count)
    var outputs = TeacherOutputs(
      teacher: teacher, split: split, views: count, memoryLimit: memoryLimit, threads: threads
    ) { progress?($0 / parts) }
    guard count > 0 else {
      (self.split, self.outputs) = (split, outputs)
      return
    }
    let perView = split.creativeCount * split.queryStride
    let queries = AlignedBuffer(count: max(1, (1 + count) * perView))
    queries.pointer.update(from: split.queries.pointer, count: perView)
    var questions = split.questions
    let model = InferenceModel(teacher)
    for view in 1...count {
      let altered = creatives.map { creative in
        Creative(image: creative.image.altered(using: &generator), questions: creative.questions)
      }
      let prepared = PreparedSplit(
        name: split.name, creatives: altered, tasks: split.tasks, processor: split.processor,
        model: teacher, threads: threads)
      (queries.pointer + view * perView).update(from: prepared.queries.pointer, count: perView)
      let answers = generatedAnswers(
        model, on: prepared, newTokens: split.longestAnswer, threads: threads,
        creatives: prepared.creativeCount, keepsLogits: outputs.isCached)
      outputs.append(answers)
      questions += zip(prepared.questions, answers).map { questions, answers in
        zip(questions, zip(answers.tokens, answers.texts(split.processor.tokenizer))).map {
          PreparedQuestion(
            task: $0.task, prompt: $0.prompt, answer: $1.0, answerText: $1.1)
        }
      }
      progress?(Double(1 + view) / parts)
    }
    self.split = PreparedSplit(
      of: split, questions: questions, queries: queries, viewCount: count)
    self.outputs = outputs
  }
}

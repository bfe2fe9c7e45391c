package import Artifacts
import Transformers

/// Which structures of a language model survive a prune: indices into the model before it, ascending.
package struct StructureSelection: Hashable, Sendable {
  package struct Block: Hashable, Sendable {
    /// Index of the block in the model before the prune.
    package var source: Int
    package var heads: [Int]
    /// Kept dimensions of each kept head: equal counts, indices of its own.
    package var headDimensions: [[Int]]
    package var feedForward: [Int]

    package init(source: Int, heads: [Int], headDimensions: [[Int]], feedForward: [Int]) {
      self.source = source
      self.heads = heads
      self.headDimensions = headDimensions
      self.feedForward = feedForward
    }
  }

  package var blocks: [Block]
  /// Kept hidden dimensions, the same everywhere.
  package var hidden: [Int]

  package init(blocks: [Block], hidden: [Int]) {
    self.blocks = blocks
    self.hidden = hidden
  }

  /// Everything of `shape`.
  package init(all shape: LanguageModelShape) {
    blocks = shape.blocks.enumerated().map { index, block in
      Block(
        source: index, heads: Array(0..<block.attention.queryHeads),
        headDimensions: Array(
          repeating: Array(0..<block.attention.headSize), count: block.attention.queryHeads),
        feedForward: Array(0..<block.feedForward.width))
    }
    hidden = Array(0..<shape.hiddenSize)
  }
}

/// A prune that cannot be made.
package enum PruningError: Error, CustomStringConvertible {
  case notUniform
  case grows(String)
  case groupedHeads(queryHeads: Int, keyValueHeads: Int)
  case unknownCriterion(String, known: [String])

  package var description: String {
    switch self {
    case .notUniform: "the language model's blocks differ in shape: only uniform models are pruned"
    case .grows(let what): "the target shape has more \(what) than the model"
    case .groupedHeads(let query, let keyValue):
      "\(query) query heads share \(keyValue) key/value heads: grouped heads are not pruned yet"
    case .unknownCriterion(let name, let known):
      "unknown importance criterion \"\(name)\" (known: \(known.joined(separator: ", ")))"
    }
  }
}

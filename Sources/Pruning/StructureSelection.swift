package import Artifacts
import Transformers

/// Which structures of a language model survive a prune: indices into the model before it, ascending.
package struct StructureSelection: Hashable, Sendable {
  package struct Block: Hashable, Sendable {
    /// Index of the block in the model before the prune.
    package var source: Int
    /// Query heads; of every kept key/value head equally many.
    package var heads: [Int]
    package var keyValueHeads: [Int]
    /// Kept dimensions of each kept key/value head and its query heads: equal counts, indices of its
    /// own. Rotary heads keep whole pairs (i, i + size / 2), the first halves in front, the same
    /// everywhere.
    package var headDimensions: [[Int]]
    package var feedForward: [Int]

    /// - Parameter keyValueHeads: nil where every query head has its own.
    package init(
      source: Int, heads: [Int], keyValueHeads: [Int]? = nil, headDimensions: [[Int]],
      feedForward: [Int]
    ) {
      self.source = source
      self.heads = heads
      self.keyValueHeads = keyValueHeads ?? heads
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
        keyValueHeads: Array(0..<block.attention.keyValueHeads),
        headDimensions: Array(
          repeating: Array(0..<block.attention.headSize), count: block.attention.keyValueHeads),
        feedForward: Array(0..<block.feedForward.width))
    }
    hidden = Array(0..<shape.hiddenSize)
  }
}

extension StructureSelection {
  /// Both dimensions of each pair of a rotary head of `headSize` dimensions.
  package static func dimensions(ofPairs pairs: [Int], headSize: Int) -> [Int] {
    pairs + pairs.map { $0 + headSize / 2 }
  }
}

/// A prune that cannot be made.
package enum PruningError: Error, CustomStringConvertible {
  case notUniform
  case grows(String)
  case groupedHeads(target: Int, groupSize: Int)
  case rotaryHeadSize(Int)
  case unknownCriterion(String, known: [String])

  package var description: String {
    switch self {
    case .notUniform: "the language model's blocks differ in shape: only uniform models are pruned"
    case .grows(let what): "the target shape has more \(what) than the model"
    case .groupedHeads(let target, let groupSize):
      "\(groupSize) query heads share each key/value head and are pruned together: "
        + "\(target) heads is not a multiple of \(groupSize)"
    case .rotaryHeadSize(let size):
      "rotary heads keep whole pairs of dimensions: a head size of \(size) is odd"
    case .unknownCriterion(let name, let known):
      "unknown importance criterion \"\(name)\" (known: \(known.joined(separator: ", ")))"
    }
  }
}

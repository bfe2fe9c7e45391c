/// Ranges of what files may say, wide enough for every model and machine there is. Products of the
/// sizes that are multiplied stay in the range of integers, sums of the numbers in that of doubles.
package enum FieldLimits {
  /// Blocks of a stack.
  package static let blocks = 1...1_000
  /// Hidden sizes, feed-forward widths, attention widths.
  package static let size = 1...1 << 20
  package static let heads = 1...1 << 16
  package static let headSize = 1...1 << 16
  /// Words of a vocabulary, and positions.
  package static let table = 1...1 << 24
  package static let imageSize = 1...1 << 14
  package static let channels = 1...1 << 10
  package static let queries = 1...1 << 16
  package static let parameters = 0...1 << 60

  package static let creatives = 1...100_000
  package static let questions = 1...1_000
  package static let promptTokens = 1...100_000
  package static let newTokens = 1...10_000
  package static let threads = 1...1_024

  /// Entries of a split, answers of a task.
  package static let entries = 0...1 << 40
  package static let steps = 1...1_000_000
  package static let epochs = 0...10_000_000
  package static let batch = 1...1_000_000
  package static let views = 0...64
  package static let learningRate = 10.0

  /// Magnitude of a time, an energy or a power, in its unit.
  package static let quantity = 1e15
  package static let ratio = 1e9
  package static let elements = 1_000_000
  package static let textBytes = 65_536
  package static let hashCharacters = 256
}

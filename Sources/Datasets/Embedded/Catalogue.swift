import Artifacts

/// The products on sale: each of the 24 icons in each of the ten colours has an invented name.
///
/// Nothing in the image spells a name; it is knowledge that a language model must carry. Products are
/// advertised with Zipf's law, exponent 0.8: the first appears in 9 % of creatives, the last in 0.1 %.
struct Catalogue: Sendable {
  /// Name of a product at `icon · 10 + colour`: four to six letters, all different.
  let names: [String]
  /// Products (`icon · 10 + colour`) from the most to the least advertised.
  let ranking: [Int]
  /// Rank of every product.
  private let ranks: [Int]
  /// Probability of a rank or an earlier one, in units of 2⁻⁶³.
  private let cumulative: [UInt64]

  /// The catalogue is the same for every data seed.
  static let shared = Catalogue()

  private init() {
    var generator = SeededGenerator(seed: 0, stream: "catalogue names")
    var used = Set(AnswerWords.all)
    names = (0..<Catalogue.productCount).map { _ in
      while true {
        let name = Catalogue.name(using: &generator)
        if used.insert(name).inserted { return name }
      }
    }
    let ranking = Catalogue.ranking()
    self.ranking = ranking
    ranks = ranking.indices.sorted { ranking[$0] < ranking[$1] }
    cumulative = Catalogue.cumulative()
  }

  static let iconCount = 24
  static let colourCount = 10
  static let productCount = iconCount * colourCount

  /// A rank drawn by its probability.
  func rank(using generator: inout SeededGenerator) -> Int {
    let draw = generator.next() >> 1
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if draw < cumulative[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Probability of a product, `icon · 10 + colour`.
  func probability(ofProduct product: Int) -> Double {
    let rank = ranks[product]
    let below = rank == 0 ? 0 : cumulative[rank - 1]
    return Double(cumulative[rank] - below) * 0x1p-63
  }

  /// Consonants and vowels in turn, with a doubled consonant in one pattern.
  private static func name(using generator: inout SeededGenerator) -> String {
    let consonants = Array("bdfghjklmnprstvwxz")
    let vowels = Array("aeiouy")
    let patterns = ["cvcv", "vcvc", "cvcvc", "vcvcv", "cvccv", "cvcvcv", "vcvcvc"]
    let pattern = patterns[generator.integer(below: patterns.count)]
    return String(
      pattern.map { kind in
        let letters = kind == "c" ? consonants : vowels
        return letters[generator.integer(below: letters.count)]
      })
  }

  /// Every ten consecutive ranks hold each colour once: no colour is common for its products' sake.
  private static func ranking() -> [Int] {
    var generator = SeededGenerator(seed: 0, stream: "catalogue ranking")
    let icons = (0..<colourCount).map { _ in generator.permutation(iconCount) }
    return (0..<iconCount).flatMap { decade in
      generator.permutation(colourCount).map { icons[$0][decade] * colourCount + $0 }
    }
  }

  /// Zipf's law with exponent 0.8 = 4/5, from arithmetic that is exact in IEEE 754 on any machine.
  private static func cumulative() -> [UInt64] {
    let weights = (1...productCount).map { rank in
      let square = Double(rank * rank)
      return 1 / fifthRoot(square * square)
    }
    let total = weights.reduce(0, +)
    var sum = 0.0
    var result = weights.map { weight -> UInt64 in
      sum += weight
      return UInt64(min(sum / total, 1) * 0x1p63)
    }
    result[result.count - 1] = 1 << 63
    return result
  }

  /// Newton's method with correctly rounded operations only; `pow` differs between C libraries.
  private static func fifthRoot(_ x: Double) -> Double {
    var root = x
    for _ in 0..<200 {
      let square = root * root
      root = (4 * root + x / (square * square)) / 5
    }
    return root
  }
}

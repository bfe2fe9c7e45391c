/// Drawn advertisements with five questions each, modelled on MAAD (12,000 and 3,000 entries).
///
/// The same seed gives the same bytes on every machine: drawing uses integers, and the few
/// floating-point numbers come from correctly rounded operations.
package enum EmbeddedData {
  /// Distinct values of colour, manifestation, icon, logo and texture.
  package static let attributeSizes = [10, 6, 24, 8, 6]
  /// Letters of the longest answer.
  package static let longestAnswer = 6
  package static let defaultSeed: UInt64 = 2025
  /// Creatives of train, validation and test; each has five questions.
  package static let splitSizes = (train: 2_400, validation: 300, test: 600)

  package static let tasks = AdTask.allCases.map(\.name)

  /// 12,000 train, 1,500 validation and 3,000 test entries.
  package static func dataset(seed: UInt64 = defaultSeed) -> Dataset {
    let stream = EmbeddedStream(seed: seed, name: "embedded data set")
    func creatives(_ range: Range<Int>) -> [Creative] { range.map(stream.creative(at:)) }
    let validation = splitSizes.train
    let test = validation + splitSizes.validation
    return Dataset(
      name: "embedded", tasks: tasks, train: creatives(0..<validation),
      validation: creatives(validation..<test), test: creatives(test..<test + splitSizes.test))
  }

  /// Advertisements for training a teacher, none of which is in a data set of any seed.
  package static func stream(seed: UInt64) -> EmbeddedStream {
    EmbeddedStream(seed: seed, name: "embedded teacher stream")
  }
}

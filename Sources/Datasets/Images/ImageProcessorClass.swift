/// A class of Hugging Face's image processors whose steps are those of `ImagePreprocessing`, and what it
/// does where a file says nothing.
///
/// Source: the processors' attributes in transformers 5.24, read from instances made without arguments.
struct ImageProcessorClass: Sendable {
  let name: String
  let resizing: ImagePreprocessing.Resizing
  let filter: ResamplingFilter
  /// Side of the cut around the centre; nil where the class makes none unless the file asks for it.
  let crop: Int?
  let normalization: ImagePreprocessing.Normalization

  /// What one number means as `size`: the shorter side, or both.
  var numberIsShortestEdge: Bool {
    if case .shortestEdge = resizing { true } else { false }
  }

  private static let half = ImagePreprocessing.Normalization(
    mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
  private static let clipStatistics = ImagePreprocessing.Normalization(
    mean: [0.48145466, 0.4578275, 0.40821073], deviation: [0.26862954, 0.26130258, 0.27577711])

  private static func square(_ side: Int) -> ImagePreprocessing.Resizing {
    .exact(height: side, width: side)
  }

  /// That of BLIP-2 and InstructBLIP, which a file that names no class means.
  static let blip = ImageProcessorClass(
    name: "BlipImageProcessor", resizing: square(384), filter: .bicubic, crop: nil,
    normalization: clipStatistics)

  static let all =
    [blip]
    + ["CLIPImageProcessor", "ChineseCLIPImageProcessor", "BitImageProcessor"].map {
      ImageProcessorClass(
        name: $0, resizing: .shortestEdge(224), filter: .bicubic, crop: 224,
        normalization: clipStatistics)
    } + [
      ImageProcessorClass(
        name: "ViTImageProcessor", resizing: square(224), filter: .bilinear, crop: nil,
        normalization: half),
      ImageProcessorClass(
        name: "SiglipImageProcessor", resizing: square(224), filter: .bicubic, crop: nil,
        normalization: half),
      ImageProcessorClass(
        name: "DeiTImageProcessor", resizing: square(256), filter: .bicubic, crop: 224,
        normalization: half),
    ]

  /// The class of a name that may end in "Fast" or "Pil", or be of the time when these were called
  /// feature extractors; nil for a class that is not known.
  static func named(_ name: String) -> ImageProcessorClass? {
    var base = Substring(name)
    for ending in ["Fast", "Pil"] where base.hasSuffix(ending) {
      base = base.dropLast(ending.count)
    }
    if base.hasSuffix("FeatureExtractor") {
      base = base.dropLast("FeatureExtractor".count) + "ImageProcessor"
    }
    return all.first { $0.name == base }
  }
}

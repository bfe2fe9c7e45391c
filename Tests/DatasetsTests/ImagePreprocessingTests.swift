import Datasets
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct ImagePreprocessingTests {
  private func folder(_ json: String, name: String = "preprocessor_config.json") throws
    -> TemporaryFolder
  {
    let folder = try TemporaryFolder()
    try Data(json.utf8).write(to: folder.url.appending(path: name))
    return folder
  }

  private func preprocessing(_ json: String, size: Int = 4) throws -> ImagePreprocessing {
    let folder = try folder(json)
    return try ImagePreprocessing(folder: folder.path, imageSize: size)
  }

  private let clip = ImagePreprocessing.Normalization(
    mean: [0.48145466, 0.4578275, 0.40821073], deviation: [0.26862954, 0.26130258, 0.27577711])

  @Test func aFolderWithoutAFileGetsTheStandard() throws {
    let folder = try TemporaryFolder()
    #expect(try ImagePreprocessing(folder: folder.path, imageSize: 4) == .standard)
  }

  /// The file that is written beside a model trained here.
  @Test func theStandardIsWhatItsFileSays() throws {
    let read = try preprocessing(
      #"""
      {"image_processor_type": "BlipImageProcessor", "do_convert_rgb": true, "do_resize": true,
       "size": {"height": 4, "width": 4}, "resample": 2, "do_rescale": true,
       "rescale_factor": 0.00392156862745098, "do_normalize": true,
       "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
      """#)
    #expect(read == .standard)
    // To the last bit, for every level.
    let ramp = Image(width: 16, height: 16, pixels: (0..<768).map { UInt8($0 % 256) })
    var values = [Float](repeating: 9, count: 768)
    pixelValues(of: ramp, size: 16, into: &values)
    for (i, level) in ramp.pixels.enumerated() {
      #expect(values[i % 3 * 256 + i / 3] == Float(level) / 127.5 - 1)
    }
  }

  @Test func absentMembersAreThoseOfTheClass() throws {
    let blip = ImagePreprocessing(
      resizing: .encoder, filter: .bicubic, rescaleFactor: 1 / 255, normalization: clip)
    #expect(try preprocessing("{}", size: 384) == blip)
    #expect(try preprocessing(#"{"size": 4, "do_center_crop": null, "crop_size": null}"#) == blip)
    // A switch that is null is off.
    let plain = try preprocessing(#"{"size": 4, "do_rescale": null, "do_normalize": null}"#)
    #expect(plain.rescaleFactor == nil && plain.normalization == nil)
    #expect(
      try preprocessing(#"{"image_processor_type": "CLIPImageProcessor"}"#, size: 224)
        == ImagePreprocessing(
          resizing: .shortestEdge(224), filter: .bicubic, rescaleFactor: 1 / 255,
          normalization: clip))
    // A number is the shorter side for some classes and both sides for others.
    #expect(
      try preprocessing(
        #"{"image_processor_type": "CLIPImageProcessorFast", "size": 5, "crop_size": 4}"#
      ).resizing == .shortestEdge(5))
    #expect(
      try preprocessing(#"{"feature_extractor_type": "ViTFeatureExtractor", "size": 4}"#)
        == .standard)
    #expect(
      try preprocessing(#"{"image_processor_type": "DeiTImageProcessor"}"#, size: 224).resizing
        == .exact(height: 256, width: 256))
    let raw = try preprocessing(#"{"size": [4, 4], "do_rescale": false, "do_normalize": false}"#)
    #expect(raw.rescaleFactor == nil && raw.normalization == nil)
  }

  @Test func theProcessorsOwnFileComesFirst() throws {
    let folder = try folder(#"{"size": 3}"#)
    try Data(#"{"image_processor": {"size": 4, "resample": 0}, "num_query_tokens": 8}"#.utf8).write(
      to: folder.url.appending(path: "processor_config.json"))
    #expect(try ImagePreprocessing(folder: folder.path, imageSize: 4).filter == .nearest)
    try Data(#"{"num_query_tokens": 8}"#.utf8).write(
      to: folder.url.appending(path: "processor_config.json"))
    #expect(try ImagePreprocessing(folder: folder.path, imageSize: 3).filter == .bicubic)
  }

  @Test(arguments: [
    (#"{"image_processor_type": "PixtralImageProcessor"}"#, "image_processor_type"),
    (#"{"size": {"height": 5, "width": 4}}"#, "size"), (#"{"size": {"longest_edge": 4}}"#, "size"),
    (#"{"size": {"shortest_edge": 4}}"#, "size"), (#"{"size": [4]}"#, "size"), ("{}", "size"),
    (#"{"size": {"height": 4, "width": 0}}"#, "size.width"), (#"{"size": 99999999999}"#, "size"),
    (#"{"do_resize": false}"#, "do_resize"), (#"{"size": 4, "do_pad": true}"#, "do_pad"),
    (#"{"size": 4, "do_image_splitting": true}"#, "do_image_splitting"),
    (#"{"size": 4, "crop_pct": 0.9}"#, "crop_pct"), (#"{"size": 4, "resample": 6}"#, "resample"),
    (#"{"size": 4, "image_std": [1, 1, 0]}"#, "image_std"),
    (#"{"size": 4, "image_std": 1e-300}"#, "image_std"),
    (#"{"size": 4, "image_mean": [1, 1]}"#, "image_mean"),
    (#"{"size": 4, "image_mean": [1, 1, 1e300]}"#, "image_mean"),
    (#"{"size": 4, "rescale_factor": 0}"#, "rescale_factor"),
    (#"{"size": 4, "resample": null}"#, "resample"),
    (#"{"size": 4, "do_center_crop": true, "crop_size": 3}"#, "crop_size"),
  ]) func whatIsNotComputedIsRefusedByName(json: String, field: String) throws {
    let folder = try folder(json)
    let error = #expect(throws: DataError.self) {
      try ImagePreprocessing(folder: folder.path, imageSize: 4)
    }
    guard case .unsupportedPreprocessing(let path, field, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path.hasSuffix("preprocessor_config.json"))
  }

  @Test(arguments: [
    "[]", #"{"size": "big"}"#, #"{"do_resize": 1}"#, #"{"size": 4, "image_mean": ["a", 1, 1]}"#,
    #"{"size": 4, "do_center_crop": true}"#, #"{"image_processor_type": 3}"#,
  ]) func membersOfAnotherTypeAreRefused(json: String) throws {
    let folder = try folder(json)
    #expect(throws: StorageError.self) {
      try ImagePreprocessing(folder: folder.path, imageSize: 4)
    }
  }

  /// transformers 5.24 on the same picture, 9 × 6.
  @Test func valuesAreThoseOfTransformers() throws {
    let picture = formulaImage(width: 9, height: 6)
    for (json, expected) in Self.golden {
      var values = [Float](repeating: 99, count: 12)
      try preprocessing(json, size: 2).pixels(of: picture, size: 2, into: &values)
      for (mine, theirs) in zip(values, expected) { #expect(abs(mine - theirs) < 2e-6, "\(json)") }
    }
  }

  private static let golden: [(String, [Float])] = [
    (
      #"{"image_processor_type": "BlipImageProcessor", "size": 2}"#,
      [
        -0.025852945, -0.025852945, -0.01125452, 0.0033439053, 0.25894392, -0.25132027, 0.72418469,
        0.55909926, 0.49636951, 0.46792936, 0.35416883, 0.56746984,
      ]
    ),
    (
      #"{"image_processor_type": "CLIPImageProcessor", "size": 3, "crop_size": 2}"#,
      [
        -0.14264035, -0.24482933, -0.025852945, -0.46380571, 0.25894392, -0.88164657, 1.0693634,
        -0.026203772, 1.5059941, 0.38260898, 0.55324978, 0.24040821,
      ]
    ),
    (
      #"{"image_processor_type": "CLIPImageProcessor", "size": 1, "crop_size": 2}"#,
      [
        -1.7922626, -1.7922626, -1.7922626, -0.025852945, -1.7520971, -1.7520971, -1.7520971,
        0.30396721, -1.4802198, -1.4802198, -1.4802198, 0.46792936,
      ]
    ),
    (
      #"{"image_processor_type": "ViTImageProcessor", "size": 2, "image_mean": [0.1, 0.2, 0.3], "image_std": 0.7}"#,
      [
        0.55182076, 0.52380955, 0.54621851, 0.557423, 0.4705883, 0.29691878, 0.63865554, 0.57142866,
        0.33333337, 0.32773113, 0.31652665, 0.38935578,
      ]
    ),
    (
      #"{"image_processor_type": "ViTImageProcessor", "size": 2, "do_rescale": false}"#,
      [247, 237, 245, 249, 269, 207, 329, 305, 271, 269, 265, 291]
    ),
    (
      #"{"image_processor_type": "CLIPImageProcessor", "do_resize": false, "crop_size": 2, "do_normalize": false}"#,
      [
        0.35294119, 0.035294119, 0.81568629, 0.4627451, 0.96078432, 0.50980395, 0.7764706,
        0.74117649, 0.85490197, 0.27058825, 0.47450981, 0.30588236,
      ]
    ),
  ]
}

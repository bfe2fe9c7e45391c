import Foundation
import Storage

extension ImagePreprocessing {
  /// What a Hugging Face folder asks for: the member `image_processor` of processor_config.json if it is
  /// there, else preprocessor_config.json, else `standard`.
  ///
  /// An absent member has the value that its class, `image_processor_type`, gives it; a switch that is
  /// null is off.
  /// - Parameter imageSize: side of the square that the vision encoder reads, in pixels.
  /// - Throws: `DataError.unsupportedPreprocessing` for a step that is not computed here or a result that
  ///   is not the encoder's square, `StorageError` for a file that cannot be read.
  package init(folder: String, imageSize: Int) throws {
    func document(_ name: String) throws -> JSONDocument? {
      let path = (folder as NSString).appendingPathComponent(name)
      return FileManager.default.fileExists(atPath: path) ? try JSONDocument(file: path) : nil
    }
    let nested = try document("processor_config.json")?.optional("image_processor")
    if let settings = try nested ?? document("preprocessor_config.json") {
      try self.init(ImageProcessorSettings(settings, imageSize: imageSize))
    } else {
      self = .standard
    }
  }

  private init(_ settings: ImageProcessorSettings) throws {
    try settings.requireNothingElse()
    let resizing = try settings.resizing()
    try settings.requireEncoderSize(after: resizing)
    let side = settings.imageSize
    self.init(
      resizing: resizing == .exact(height: side, width: side) ? .encoder : resizing,
      filter: try settings.filter(), rescaleFactor: try settings.rescaleFactor(),
      normalization: try settings.normalization())
  }
}

/// The members of a preprocessor's file, read with the defaults of its class.
private struct ImageProcessorSettings {
  let file: JSONDocument
  let defaults: ImageProcessorClass
  /// Side of the square that the encoder reads.
  let imageSize: Int

  /// Beyond any encoder and any use; keeps sums of sizes far from overflow.
  private static let largestSide = 1 << 14
  /// Beyond this a mean or a factor is a slip of the pen, and floats lose their digits.
  private static let largestNumber = 1e6

  init(_ file: JSONDocument, imageSize: Int) throws {
    self.file = file
    self.imageSize = imageSize
    let field =
      try file.optionalString("image_processor_type") != nil
      ? "image_processor_type" : "feature_extractor_type"
    guard let name = try file.optionalString(field) else {
      defaults = .blip
      return
    }
    guard let known = ImageProcessorClass.named(name) else {
      throw Self.unsupported(
        file, field,
        "'\(name)' is none of \(ImageProcessorClass.all.map(\.name).joined(separator: ", "))")
    }
    defaults = known
  }

  private static func unsupported(_ file: JSONDocument, _ field: String, _ reason: String)
    -> DataError
  {
    .unsupportedPreprocessing(
      path: file.path, field: file.field.isEmpty ? field : "\(file.field).\(field)", reason: reason)
  }

  private func unsupported(_ field: String, _ reason: String) -> DataError {
    Self.unsupported(file, field, reason)
  }

  private func isNull(_ name: String) throws -> Bool {
    try file.members.contains { $0.key == name && $0.value.value == .null }
  }

  /// Whether a step is made.
  private func does(_ name: String, default fallback: Bool = true) throws -> Bool {
    try file.optionalBool(name) ?? (isNull(name) ? false : fallback)
  }

  /// What a step that is made needs; nil if absent.
  private func member(_ name: String) throws -> JSONDocument? {
    if try isNull(name) { throw unsupported(name, "null, where its step is made") }
    return try file.optional(name)
  }

  /// Steps that change pixels and are not computed here. Members that only describe the interface of a
  /// class, and those that its class never reads, may stand in the file.
  func requireNothingElse() throws {
    let computed: Set = ["do_resize", "do_center_crop", "do_rescale", "do_normalize"]
    let harmless: Set = ["do_convert_rgb", "do_reduce_labels"]
    let others: Set = [
      "crop_pct", "pad_size", "image_grid_pinpoints", "size_divisor", "max_num_patches",
      "max_image_tiles", "max_image_size", "min_pixels", "max_pixels", "rescale_offset",
      "image_num_channels",
    ]
    for (name, member) in try file.members where member.value != .null {
      let isSwitch = name.hasPrefix("do_") && !computed.contains(name) && !harmless.contains(name)
      guard isSwitch || others.contains(name) else { continue }
      if member.value == .bool(false) || name == "image_num_channels" && member.value == .integer(3)
      {
        continue
      }
      throw unsupported(name, "this step is not computed")
    }
  }

  func resizing() throws -> ImagePreprocessing.Resizing {
    guard try does("do_resize") else { return .none }
    guard let size = try member("size") else { return defaults.resizing }
    if case .integer = size.value {
      let side = try side(size)
      return defaults.numberIsShortestEdge
        ? .shortestEdge(side) : .exact(height: side, width: side)
    }
    if case .array = size.value {
      let sides = try size.elements
      guard sides.count == 2 else { throw unsupported("size", "a list must be [height, width]") }
      return .exact(height: try side(sides[0]), width: try side(sides[1]))
    }
    let given = try size.members.filter { $0.value.value != .null }
    switch given.map(\.key).sorted() {
    case ["height", "width"]:
      return .exact(
        height: try side(size.required("height")), width: try side(size.required("width")))
    case ["shortest_edge"]: return .shortestEdge(try side(size.required("shortest_edge")))
    default:
      let keys = given.map(\.key).joined(separator: ", ")
      throw unsupported("size", "{\(keys)} is neither {height, width} nor {shortest_edge}")
    }
  }

  /// Both sides of the cut around the centre; nil if there is none.
  private func crop() throws -> (height: Int, width: Int)? {
    guard try does("do_center_crop", default: defaults.crop != nil) else { return nil }
    guard let size = try member("crop_size") else {
      guard let crop = defaults.crop else {
        throw StorageError.missingField(path: file.path, field: "crop_size")
      }
      return (crop, crop)
    }
    if case .integer = size.value {
      let side = try side(size)
      return (side, side)
    }
    if case .array = size.value {
      let sides = try size.elements
      guard sides.count == 2 else {
        throw unsupported("crop_size", "a list must be [height, width]")
      }
      return (try side(sides[0]), try side(sides[1]))
    }
    return (try side(size.required("height")), try side(size.required("width")))
  }

  private func side(_ document: JSONDocument) throws -> Int {
    let side = try document.asInt
    guard (1...Self.largestSide).contains(side) else {
      throw DataError.unsupportedPreprocessing(
        path: document.path, field: document.field,
        reason: "\(side) is not within 1 … \(Self.largestSide)")
    }
    return side
  }

  func requireEncoderSize(after resizing: ImagePreprocessing.Resizing) throws {
    let encoder = "the encoder reads \(imageSize)×\(imageSize)"
    if let crop = try crop() {
      guard crop == (imageSize, imageSize) else {
        throw unsupported("crop_size", "\(crop.height)×\(crop.width), and \(encoder)")
      }
      return
    }
    switch resizing {
    case .exact(imageSize, imageSize), .encoder: return
    case .exact(let height, let width):
      let origin = try file.optional("size") == nil ? ", the default of \(defaults.name)" : ""
      throw unsupported("size", "\(height)×\(width)\(origin), and \(encoder)")
    case .shortestEdge(let edge):
      throw unsupported(
        "size", "shortest_edge \(edge) without a centre crop keeps the sides' ratio, and \(encoder)"
      )
    case .none:
      throw unsupported(
        "do_resize", "false without a centre crop keeps each picture's size, and \(encoder)")
    }
  }

  func filter() throws -> ResamplingFilter {
    guard let resample = try member("resample") else { return defaults.filter }
    let number = try resample.asInt
    guard let filter = ResamplingFilter(rawValue: number) else {
      throw unsupported("resample", "\(number) is none of Pillow's filters 0 … 5")
    }
    return filter
  }

  func rescaleFactor() throws -> Double? {
    guard try does("do_rescale") else { return nil }
    let factor = try member("rescale_factor")?.asDouble ?? 1 / 255
    guard factor > 1 / Self.largestNumber, factor < Self.largestNumber else {
      throw unsupported("rescale_factor", "\(factor) is not between 0.000001 and 1000000")
    }
    return factor
  }

  func normalization() throws -> ImagePreprocessing.Normalization? {
    guard try does("do_normalize") else { return nil }
    let mean = try channels("image_mean", default: defaults.normalization.mean) {
      abs($0) < Self.largestNumber
    }
    let deviation = try channels("image_std", default: defaults.normalization.deviation) {
      $0 > 1 / Self.largestNumber && $0 < Self.largestNumber
    }
    return ImagePreprocessing.Normalization(mean: mean, deviation: deviation)
  }

  /// Three numbers, or one for all three channels.
  private func channels(
    _ name: String, default fallback: SIMD3<Double>, accepts: (Double) -> Bool
  ) throws -> SIMD3<Double> {
    guard let member = try member(name) else { return fallback }
    var numbers: [Double] = []
    if case .array = member.value {
      for element in try member.elements { numbers.append(try element.asDouble) }
    } else {
      numbers = [Double](repeating: try member.asDouble, count: 3)
    }
    guard numbers.count == 3 else {
      throw unsupported(name, "\(numbers.count) numbers for the three channels red, green, blue")
    }
    guard let bad = numbers.first(where: { !accepts($0) }) else {
      return SIMD3(numbers[0], numbers[1], numbers[2])
    }
    throw unsupported(name, "\(bad) is out of range")
  }
}

/// Where an image is first named in a split.
package struct ImageUse: Sendable, Equatable {
  /// As the entry spells it.
  package var image: String
  package var split: String
  /// "train.jsonl:12".
  package var place: String

  package init(image: String, split: String, place: String) {
    self.image = image
    self.split = split
    self.place = place
  }
}

/// Why two entries are said to show the same image.
package enum ImageIdentity: Sendable, Equatable {
  case samePath
  /// One file by two names, through a link.
  case sameFile
  /// A copy, perhaps in another format.
  case samePixels

  fileprivate func words(_ first: String, _ second: String) -> String {
    let names = first == second ? "it" : "'\(first)' and '\(second)'"
    switch self {
    case .samePath: return first == second ? names : "\(names), which is one path"
    case .sameFile: return "\(names), which are one file"
    case .samePixels: return "\(names), which have the same pixels"
    }
  }
}

/// What is wrong with a folder of data, told with the file, the line and what to do about it.
package enum DataError: Error, CustomStringConvertible, Sendable, Equatable {
  /// A line of JSON that is no entry. `place` is "train.jsonl:12".
  case badEntry(place: String, field: String, reason: String)
  case emptySplit(path: String)
  /// One image in two splits: a model would be judged on what it was trained on.
  case sharedImage(ImageUse, ImageUse, identity: ImageIdentity)
  /// Bytes that are no whole image of a format read here.
  case badImage(path: String, reason: String)
  /// A picture of a kind that is not read here, whole as it may be.
  case unsupportedImage(path: String, kind: String)
  /// A preprocessor that would make other pixels than those that can be computed here.
  case unsupportedPreprocessing(path: String, field: String, reason: String)
  /// More than the limits on a user's data allow.
  case tooLarge(path: String, what: String, limit: Int)
  /// A library that decodes images is not on this machine.
  case missingLibrary(path: String, library: String, package: String)

  package var description: String {
    switch self {
    case .badEntry(let place, let field, let reason):
      "\(place): \(field): \(reason). An entry is one line: "
        + #"{"image": "relative/path.png", "question": "…", "answer": "…", "task": "…"}."#
    case .emptySplit(let path):
      "\(path): no entries. Every split needs at least one."
    case .sharedImage(let first, let second, let identity):
      "image '\(first.image)' is in \(first.split) and \(second.split): \(first.place) and "
        + "\(second.place) name \(identity.words(first.image, second.image)). "
        + "Keep all entries of an image in one split."
    case .badImage(let path, let reason):
      "\(path): \(reason). Give a complete PNG or JPEG file."
    case .unsupportedImage(let path, let kind):
      "\(path): \(kind), which is not read here. Convert it to PNG, or to a JPEG of 8 bits."
    case .unsupportedPreprocessing(let path, let field, let reason):
      "\(path): \(field): \(reason). Computed are a resize to {height, width} or {shortest_edge}, a "
        + "centre crop, rescaling and normalisation that end in the encoder's size."
    case .tooLarge(let path, let what, let limit):
      "\(path): \(what), more than the limit of \(limit). Shrink it or split the data."
    case .missingLibrary(let path, let library, let package):
      "\(path): reading it needs \(library). Install it: apt install \(package)."
    }
  }
}

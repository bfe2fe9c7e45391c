extension DecodingError {
  /// Where and why a JSON document was refused: "field hardware[0].name: …".
  package var placeAndReason: String {
    let (context, reason): (Context, String) =
      switch self {
      case .keyNotFound(let key, let context): (context, "field \"\(key.stringValue)\" is missing")
      case .valueNotFound(_, let context): (context, "a value is missing")
      case .typeMismatch(_, let context): (context, "a value of another type is expected")
      case .dataCorrupted(let context): (context, Self.corruption(context))
      @unknown default: (.init(codingPath: [], debugDescription: ""), "not readable")
      }
    let path = context.codingPath.reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += (path.isEmpty ? "" : ".") + key.stringValue
      }
    }
    return path.isEmpty ? reason : "field \(path): \(reason)"
  }

  private static func corruption(_ context: Context) -> String {
    context.codingPath.isEmpty ? "not valid JSON" : context.debugDescription
  }
}

import Storage

/// Reads a PNG or JPEG file, told apart by its first bytes.
///
/// Levels are those in the file, as Pillow's `convert("RGB")` gives them: no gamma and no colour profile
/// is applied, 16 bits lose their low byte. Transparent pixels stand on white, and the orientation in
/// EXIF is obeyed, as Hugging Face's `load_image` and processors do.
/// - Throws: `DataError` for anything but a whole image within the limits or if the decoder's library
///   is missing, `StorageError` if the file cannot be read.
package func loadImage(path: String, limits: DataLimits = DataLimits()) throws -> Image {
  let file = try MappedFile(path: path)
  guard file.count <= limits.imageBytes else {
    throw DataError.tooLarge(path: path, what: "\(file.count) bytes", limit: limits.imageBytes)
  }
  return try file.withUnsafeBytes { bytes in
    if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) {
      guard let decoder = PNGDecoder.shared else {
        throw DataError.missingLibrary(
          path: path, library: PNGDecoder.library, package: PNGDecoder.package)
      }
      return try decoder.decode(bytes, path: path, maximumPixels: limits.imagePixels)
    }
    if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      guard let decoder = JPEGDecoder.shared else {
        throw DataError.missingLibrary(
          path: path, library: JPEGDecoder.library, package: JPEGDecoder.package)
      }
      return try decoder.decode(bytes, path: path, maximumPixels: limits.imagePixels)
    }
    if let kind = ForeignFormat.kind(of: bytes) {
      throw DataError.unsupportedImage(path: path, kind: kind)
    }
    throw DataError.badImage(
      path: path, reason: ForeignFormat.substitute(bytes) ?? "neither a PNG nor a JPEG file")
  }
}

/// Image formats that this machine can read.
package var readableImageFormats: [String] {
  (PNGDecoder.shared == nil ? [] : ["PNG"]) + (JPEGDecoder.shared == nil ? [] : ["JPEG"])
}

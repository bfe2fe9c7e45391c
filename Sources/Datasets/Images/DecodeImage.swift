import Storage

/// Reads a PNG or JPEG file, told apart by its first bytes.
///
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
    throw DataError.badImage(path: path, reason: "neither a PNG nor a JPEG file")
  }
}

/// Image formats that this machine can read.
package var readableImageFormats: [String] {
  (PNGDecoder.shared == nil ? [] : ["PNG"]) + (JPEGDecoder.shared == nil ? [] : ["JPEG"])
}

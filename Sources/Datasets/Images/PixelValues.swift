/// Planar float input of a vision encoder as `ImagePreprocessing.standard` describes it: three planes of
/// `size` × `size`, x / 127.5 − 1.
///
/// - Parameter values: at least `3 · size · size` floats.
package func pixelValues(of image: Image, size: Int, into values: UnsafeMutablePointer<Float>) {
  ImagePreprocessing.standard.pixels(of: image, size: size, into: values)
}

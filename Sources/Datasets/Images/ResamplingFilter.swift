import Foundation

/// The weight that a pixel has in a resized image, by its distance from where the result looks.
///
/// Raw values are Pillow's numbers, which Hugging Face's `resample` holds. Source: Pillow handbook,
/// "Concepts", section "Filters"; Keys, "Cubic convolution interpolation for digital image
/// processing", 1981, with a = −0.5.
package enum ResamplingFilter: Int, Sendable, CaseIterable {
  /// The one pixel that the centre falls into; no average.
  case nearest = 0
  case lanczos = 1
  case bilinear = 2
  case bicubic = 3
  case box = 4
  case hamming = 5

  /// Distance beyond which the weight is zero, in pixels of the coarser of the two images.
  var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The weight at a signed distance; not normalised.
  func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .nearest, .box:
      // Half open, so that a pixel between two results counts for one of them.
      return distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .bilinear: return max(0, 1 - x)
    case .hamming: return x < 1 ? sinc(x) * (0.54 + 0.46 * cos(.pi * x)) : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0
    case .lanczos: return x < 3 ? sinc(x) * sinc(x / 3) : 0
    }
  }

  private func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(.pi * x) / (.pi * x) }
}

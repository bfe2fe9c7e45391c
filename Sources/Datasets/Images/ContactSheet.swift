package import Foundation

/// A PNG of images in a grid, each at twice its size, with a gap of four pixels; nil without images.
///
/// Cells have the size of the largest image; smaller ones stand top left.
package func contactSheet(_ creatives: [Creative], columns: Int = 8) -> Data? {
  guard !creatives.isEmpty, columns > 0 else { return nil }
  let (scale, gap) = (2, 4)
  let cellWidth = scale * (creatives.map(\.image.width).max() ?? 0) + gap
  let cellHeight = scale * (creatives.map(\.image.height).max() ?? 0) + gap
  let columns = min(columns, creatives.count)
  let rows = (creatives.count + columns - 1) / columns
  let width = columns * cellWidth + gap
  let height = rows * cellHeight + gap
  var pixels = [UInt8](repeating: 255, count: 3 * width * height)
  for (number, creative) in creatives.enumerated() {
    let image = creative.image
    let left = gap + number % columns * cellWidth
    let top = gap + number / columns * cellHeight
    for y in 0..<image.height * scale {
      for x in 0..<image.width * scale {
        let from = 3 * (y / scale * image.width + x / scale)
        let to = 3 * ((top + y) * width + left + x)
        for channel in 0..<3 { pixels[to + channel] = image.pixels[from + channel] }
      }
    }
  }
  return pngData(of: Image(width: width, height: height, pixels: pixels))
}

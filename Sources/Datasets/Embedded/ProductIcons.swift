/// The 24 products that an advertisement can show.
///
/// Near misses: a leaf has the outline of a drop, a book that of a phone; only the inside tells them apart.
enum ProductIcons {
  /// Drawings in the order of the icon attribute.
  static let all: [Bitmap] = [
    bottle, shoe, phone, car, cup, watch, lamp, chair, camera,
    hat, key, book, guitar, plane, bike, tent, drop,
    leaf, star, heart, gift, bulb, umbrella, fish,
  ]
}

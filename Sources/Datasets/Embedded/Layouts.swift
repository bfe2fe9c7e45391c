/// A rectangle of pixels.
struct Box: Sendable {
  var x: Int
  var y: Int
  var width: Int
  var height: Int
}

/// Where things stand in an advertisement of 64×64 pixels.
struct Layout: Sendable {
  /// Top left corner of the product, 28×28 pixels.
  var product: (x: Int, y: Int)
  /// Corners that the logo may take: 0 top left, 1 top right, 2 bottom left, 3 bottom right.
  var logoCorners: [Int]
  /// Lines of text as bars; the last is drawn shorter, by a random amount.
  var text: [Box]
  /// Top left corner of the price badge for each of the logo corners above, 10×10 pixels.
  var badges: [(x: Int, y: Int)]
}

/// The six manifestations, in pairs between which a product can stand.
enum Layouts {
  static let names = ["left", "poster", "right", "flyer", "top", "bottom"]

  static let all: [Layout] = [
    Layout(
      product: (4, 18), logoCorners: [1, 3],
      text: [
        Box(x: 36, y: 21, width: 23, height: 4), Box(x: 36, y: 28, width: 23, height: 2),
        Box(x: 36, y: 33, width: 23, height: 2), Box(x: 36, y: 38, width: 20, height: 2),
      ], badges: [(45, 50), (45, 5)]),
    Layout(
      product: (4, 32), logoCorners: [0, 3],
      text: [
        Box(x: 20, y: 6, width: 24, height: 6), Box(x: 20, y: 15, width: 24, height: 3),
        Box(x: 38, y: 24, width: 20, height: 2), Box(x: 38, y: 29, width: 20, height: 2),
        Box(x: 38, y: 34, width: 18, height: 2),
      ], badges: [(46, 48), (6, 8)]),
    Layout(
      product: (32, 18), logoCorners: [0, 2],
      text: [
        Box(x: 5, y: 21, width: 23, height: 4), Box(x: 5, y: 28, width: 23, height: 2),
        Box(x: 5, y: 33, width: 23, height: 2), Box(x: 5, y: 38, width: 20, height: 2),
      ], badges: [(9, 50), (9, 5)]),
    Layout(
      product: (32, 4), logoCorners: [2, 3],
      text: [
        Box(x: 5, y: 8, width: 22, height: 5), Box(x: 5, y: 17, width: 22, height: 2),
        Box(x: 5, y: 22, width: 22, height: 2), Box(x: 5, y: 27, width: 18, height: 2),
        Box(x: 20, y: 40, width: 36, height: 3),
      ], badges: [(46, 49), (6, 49)]),
    Layout(
      product: (18, 4), logoCorners: [2, 3],
      text: [
        Box(x: 12, y: 37, width: 40, height: 5), Box(x: 22, y: 46, width: 22, height: 2),
        Box(x: 22, y: 51, width: 22, height: 2), Box(x: 22, y: 56, width: 16, height: 2),
      ], badges: [(50, 50), (4, 50)]),
    Layout(
      product: (18, 32), logoCorners: [0, 1],
      text: [
        Box(x: 21, y: 5, width: 22, height: 5), Box(x: 21, y: 13, width: 22, height: 2),
        Box(x: 12, y: 20, width: 40, height: 2), Box(x: 12, y: 25, width: 30, height: 2),
      ], badges: [(50, 4), (4, 4)]),
  ]

  /// The layout that a product between two layouts leans to; pairs are mutual.
  static func partner(of layout: Int) -> Int { layout ^ 1 }

  /// Corners free in both layouts of a pair, for a product that stands between the two.
  static func sharedLogoCorners(_ layout: Int) -> [Int] {
    switch layout / 2 {
    case 0: [3]
    case 1: [2]
    default: [0, 1, 2, 3]
    }
  }

  /// Top left pixel of a logo in a corner.
  static func logoOrigin(corner: Int) -> (x: Int, y: Int) {
    (corner % 2 == 0 ? 1 : 46, corner / 2 == 0 ? 1 : 46)
  }
}

/// An 8-bit RGB colour with room for signed arithmetic.
struct Colour: Sendable {
  var red: Int
  var green: Int
  var blue: Int

  /// Sum of the channels over three.
  var brightness: Int { (red + green + blue) / 3 }

  /// Each channel's complement.
  var inverted: Colour { Colour(red: 255 - red, green: 255 - green, blue: 255 - blue) }

  /// Every channel times `percent` / 100, rounded down.
  func scaled(percent: Int) -> Colour {
    Colour(red: red * percent / 100, green: green * percent / 100, blue: blue * percent / 100)
  }

  /// This colour with `percent` of another in it.
  func blended(with other: Colour, percent: Int) -> Colour {
    func mix(_ a: Int, _ b: Int) -> Int { (a * (100 - percent) + b * percent) / 100 }
    return Colour(
      red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }
}

/// The ten named background colours, in pairs that blend into each other when colour is ambiguous.
enum Palette {
  static let names = [
    "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "brown", "gray",
  ]

  static let colours = [
    Colour(red: 217, green: 26, blue: 26), Colour(red: 242, green: 140, blue: 26),
    Colour(red: 230, green: 217, blue: 51), Colour(red: 38, green: 179, blue: 51),
    Colour(red: 26, green: 191, blue: 191), Colour(red: 38, green: 77, blue: 217),
    Colour(red: 128, green: 38, blue: 191), Colour(red: 230, green: 102, blue: 166),
    Colour(red: 115, green: 77, blue: 38), Colour(red: 128, green: 128, blue: 128),
  ]

  /// The colour that a blend reaches into; pairs are mutual.
  static func neighbour(of colour: Int) -> Int { colour ^ 1 }
}

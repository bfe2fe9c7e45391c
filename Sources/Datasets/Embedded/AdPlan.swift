import Artifacts

/// What an advertisement shows: the numbers that its answers follow from.
struct AdAttributes: Sendable, Equatable {
  var colour: Int
  var manifestation: Int
  var icon: Int
  var logo: Int
  var texture: Int

  /// Index into the catalogue.
  var product: Int { icon * Catalogue.colourCount + colour }

  var list: [Int] { [colour, manifestation, icon, logo, texture] }
}

/// Everything that was drawn for one advertisement, before any pixel: attributes and how they appear.
struct AdPlan: Sendable {
  var attributes: AdAttributes
  /// Background as it is painted, jittered and perhaps blended.
  var background: Colour
  var ink: Colour
  /// Weight of the neighbouring colour in percent; nil for a clear colour.
  var blend: Int?
  /// Top left corner of the product.
  var product: (x: Int, y: Int)
  /// Weight of the other layout in percent; nil for a clear layout, and then text is drawn.
  var betweenLayouts: Int?
  /// Disc over the product: centre and radius; nil if the product is free.
  var sticker: (x: Int, y: Int, radius: Int)?
  var logo: (x: Int, y: Int)
  var logoIsFolded: Bool
  var textureIsFaded: Bool
  /// Shift of the texture in x and y, 0 ..< 8.
  var texturePhase: Int
  /// Length of the last line of text in percent of its box.
  var lastLine: Int
  /// Top left corner of the price badge; nil without one.
  var badge: (x: Int, y: Int)?
  /// Hue of badge and sticker.
  var accent: Colour
}

extension AdPlan {
  /// Draws attributes and appearance; which numbers are drawn never depends on a difficulty constant
  /// being zero, so that tuning one leaves the others' draws in place as far as possible.
  init(using generator: inout SeededGenerator) {
    func happens(_ perThousand: Int) -> Bool { generator.integer(below: 1_000) < perThousand }
    func integer(in range: Range<Int>) -> Int {
      range.lowerBound + generator.integer(below: range.count)
    }
    func shift(_ size: Int) -> Int { generator.integer(below: 2 * size + 1) - size }

    let catalogue = Catalogue.shared
    let product = catalogue.ranking[catalogue.rank(using: &generator)]
    attributes = AdAttributes(
      colour: product % Catalogue.colourCount,
      manifestation: generator.integer(below: Layouts.all.count),
      icon: product / Catalogue.colourCount, logo: generator.integer(below: Logos.all.count),
      texture: generator.integer(below: Textures.masks.count))

    // Colour.
    let blendWeight = integer(in: Difficulty.blendWeight)
    blend = happens(Difficulty.blendShare) ? blendWeight : nil
    let jitter = Difficulty.colourJitter
    let (red, green, blue) = (shift(jitter), shift(jitter), shift(jitter))
    var colour = Palette.colours[attributes.colour]
    if let blend {
      colour = colour.blended(
        with: Palette.colours[Palette.neighbour(of: attributes.colour)], percent: blend)
    } else {
      colour = Colour(red: colour.red + red, green: colour.green + green, blue: colour.blue + blue)
    }
    background = colour
    let tint = Colour(
      red: integer(in: 0..<48), green: integer(in: 0..<48), blue: integer(in: 0..<48))
    ink = background.brightness > 127 ? tint : tint.inverted

    // Layout.
    let layout = Layouts.all[attributes.manifestation]
    let partner = Layouts.all[Layouts.partner(of: attributes.manifestation)]
    let (dx, dy) = (shift(Difficulty.productShift), shift(Difficulty.productShift))
    let placeWeight = integer(in: Difficulty.betweenLayoutsWeight)
    betweenLayouts = happens(Difficulty.betweenLayoutsShare) ? placeWeight : nil
    var place = (x: layout.product.x + dx, y: layout.product.y + dy)
    if let weight = betweenLayouts {
      place.x = (layout.product.x * (100 - weight) + partner.product.x * weight + 50) / 100
      place.y = (layout.product.y * (100 - weight) + partner.product.y * weight + 50) / 100
    }
    self.product = place
    lastLine = integer(in: 40..<90)
    let hasBadge = happens(500)

    // Logo.
    let corners =
      betweenLayouts == nil
      ? layout.logoCorners : Layouts.sharedLogoCorners(attributes.manifestation)
    let corner = generator.integer(below: corners.count)
    let origin = Layouts.logoOrigin(corner: corners[corner])
    logo = (origin.x + generator.integer(below: 2), origin.y + generator.integer(below: 2))
    logoIsFolded = happens(Difficulty.foldedLogoShare)
    badge = hasBadge && betweenLayouts == nil ? layout.badges[corner] : nil

    // Texture and sticker.
    texturePhase = generator.integer(below: 8)
    textureIsFaded = happens(Difficulty.fadedTextureShare)
    let accents = AdPlan.accents
    accent = accents[generator.integer(below: accents.count)]
    let spread = 3
    let (sx, sy) = (shift(spread), shift(spread))
    let radius = integer(in: Difficulty.stickerRadius)
    sticker =
      happens(Difficulty.stickerShare) ? (place.x + 14 + sx, place.y + 14 + sy, radius) : nil
  }

  /// Saturated colours of price badges and stickers, none of them a background colour.
  private static let accents = [
    Colour(red: 255, green: 236, blue: 0), Colour(red: 255, green: 40, blue: 90),
    Colour(red: 0, green: 230, blue: 255), Colour(red: 250, green: 250, blue: 250),
  ]
}

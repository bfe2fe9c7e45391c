/// A reader that sees every pixel without noise, knows how advertisements are drawn and answers what
/// is most probable: no model can do better than it does on average.
struct PerfectReader {
  /// Expected accuracy per task, over creatives of a stream.
  static func accuracy(on stream: EmbeddedStream, creatives: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: AdTask.allCases.count)
    for index in 0..<creatives {
      for (task, value) in chances(of: stream.plan(at: index)).enumerated() { sums[task] += value }
    }
    return sums.map { $0 / Double(creatives) }
  }

  /// Probability of a right answer to each of the five tasks.
  private static func chances(of plan: AdPlan) -> [Double] {
    let truth = plan.attributes
    var colours = [truth.colour]
    if let blend = plan.blend, Difficulty.blendWeight.contains(100 - blend) {
      colours.append(Palette.neighbour(of: truth.colour))
    }
    let icons = readings(of: plan)
    let hasTwoLayouts = plan.betweenLayouts.map {
      Difficulty.betweenLayoutsWeight.contains(100 - $0)
    }
    let logo = plan.logoIsFolded ? 0.5 : 1
    // A texture that looks plain is most probably plain.
    let texture = plan.textureIsFaded && truth.texture != Textures.plain ? 0.0 : 1
    let catalogue = Catalogue.shared
    func weight(_ icon: Int, _ colour: Int) -> Double {
      catalogue.probability(ofProduct: icon * Catalogue.colourCount + colour)
    }
    let colour = mostProbable(colours) { colour in
      icons.reduce(0) { $0 + weight($1, colour) }
    }
    let products = icons.flatMap { icon in
      colours.map { icon * Catalogue.colourCount + $0 }
    }
    let product = mostProbable(products) { catalogue.probability(ofProduct: $0) }
    return [
      colour == truth.colour ? 1 : 0, hasTwoLayouts == true ? 0.5 : 1,
      product == truth.product ? 1 : 0,
      logo, logo * texture,
    ]
  }

  private static func mostProbable(_ candidates: [Int], weight: (Int) -> Double) -> Int? {
    candidates.max { weight($0) < weight($1) }
  }

  /// Icons that look the same where the sticker leaves the product free.
  private static func readings(of plan: AdPlan) -> [Int] {
    guard let sticker = plan.sticker else { return [plan.attributes.icon] }
    let truth = ProductIcons.all[plan.attributes.icon]
    let side = AdPainter.side
    let visible = truth.cells.indices.filter { cell in
      // A cell is readable if any of its four pixels is.
      (0..<4).contains { part in
        let x = plan.product.x + cell % truth.size * AdPainter.cell + part % 2
        let y = plan.product.y + cell / truth.size * AdPainter.cell + part / 2
        let (dx, dy) = (x - sticker.x, y - sticker.y)
        let covered = dx * dx + dy * dy <= sticker.radius * sticker.radius
        return !covered && (0..<side).contains(x) && (0..<side).contains(y)
      }
    }
    return ProductIcons.all.indices.filter { icon in
      let other = ProductIcons.all[icon]
      return visible.allSatisfy { truth.cells[$0] == other.cells[$0] }
    }
  }
}

extension EmbeddedData {
  /// Accuracy per task of a reader that nothing but visible ambiguity can mislead, from `creatives`
  /// drawn advertisements.
  package static func ceiling(creatives: Int = 20_000) -> [Double] {
    PerfectReader.accuracy(on: stream(seed: 0), creatives: creatives)
  }
}

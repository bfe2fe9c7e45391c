import Artifacts

/// Paints plans as images of 64×64 pixels, in integer arithmetic only.
enum AdPainter {
  static let side = 64
  /// Pixels per side of one cell of a drawing.
  static let cell = 2

  static func paint(_ plan: AdPlan, noise generator: inout SeededGenerator) -> Image {
    let count = 3 * side * side
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let canvas = Canvas(pixels: buffer, side: side)
      fillBackground(of: plan, on: canvas)
      if plan.betweenLayouts == nil { drawText(of: plan, on: canvas) }
      if let badge = plan.badge {
        canvas.fillDisc(x: badge.x + 5, y: badge.y + 5, radius: 5, plan.accent)
        canvas.fill(Box(x: badge.x + 3, y: badge.y + 5, width: 4, height: 1), plan.accent.inverted)
      }
      let paper = plan.ink.inverted
      canvas.draw(
        ProductIcons.all[plan.attributes.icon], at: plan.product, cell: cell, ink: plan.ink,
        paper: paper)
      drawLogo(of: plan, paper: paper, on: canvas)
      if let sticker = plan.sticker {
        canvas.fillDisc(x: sticker.x, y: sticker.y, radius: sticker.radius, plan.accent)
        canvas.fillDisc(
          x: sticker.x, y: sticker.y, radius: sticker.radius - 2, plan.accent.scaled(percent: 85))
        let slogan = sticker.radius - 4
        for y in [-3, 1] {
          canvas.fill(
            Box(x: sticker.x - slogan / 2, y: sticker.y + y, width: slogan, height: 2),
            plan.accent.inverted)
        }
      }
      canvas.addNoise(using: &generator)
      initialized = count
    }
    return Image(width: side, height: side, pixels: pixels)
  }

  private static func fillBackground(of plan: AdPlan, on canvas: Canvas) {
    let texture = plan.textureIsFaded ? Textures.plain : plan.attributes.texture
    let dark = plan.background.scaled(percent: 100 - Difficulty.textureDepth)
    canvas.fill(
      mask: Textures.masks[texture], phase: plan.texturePhase, light: plan.background, dark: dark)
  }

  private static func drawText(of plan: AdPlan, on canvas: Canvas) {
    let lines = Layouts.all[plan.attributes.manifestation].text
    for (number, line) in lines.enumerated() {
      var line = line
      if number == lines.count - 1 { line.width = line.width * plan.lastLine / 100 }
      canvas.fill(line, plan.ink)
    }
  }

  private static func drawLogo(of plan: AdPlan, paper: Colour, on canvas: Canvas) {
    canvas.fill(Box(x: plan.logo.x, y: plan.logo.y, width: 16, height: 16), paper)
    canvas.draw(
      Logos.all[plan.attributes.logo], at: plan.logo, cell: cell, ink: plan.ink, paper: paper)
    if plan.logoIsFolded {
      canvas.fill(
        Box(x: plan.logo.x, y: plan.logo.y + 8, width: 16, height: 8),
        paper.blended(with: plan.ink, percent: 35))
    }
  }
}

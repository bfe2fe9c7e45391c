/// The six background textures, each a mask that repeats every eight pixels.
enum Textures {
  /// Plain, horizontal stripes, vertical stripes, dots, checks, diagonal stripes: 64 flags each,
  /// rows top to bottom, true where the background is darker.
  static let masks: [[Bool]] = [
    mask { _, _ in false },
    mask { _, y in y < 4 },
    mask { x, _ in x < 4 },
    mask { x, y in (2 * x - 7) * (2 * x - 7) + (2 * y - 7) * (2 * y - 7) < 26 },
    mask { x, y in (x < 4) != (y < 4) },
    mask { x, y in (x + y) % 8 < 4 },
  ]

  static let plain = 0

  private static func mask(_ dark: (Int, Int) -> Bool) -> [Bool] {
    (0..<64).map { dark($0 % 8, $0 / 8) }
  }
}

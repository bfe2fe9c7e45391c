/// Everything that makes an embedded advertisement hard to read, in one place.
///
/// No label is ever wrong. What keeps a perfect reader below 1.0 is visible ambiguity: in a few
/// percent of creatives a part of the image has two readings, and the truth is one of them. A reader
/// that always answers what is most probable reaches, on average over tasks, 0.96:
///
/// - colour 0.975: 12 % of the backgrounds blend into a neighbour; five of six of those are as
///   plausible for the partner of the pair, and how often products are advertised settles some;
/// - manifestation 0.966: in 8 % the product stands between two layouts, with the text left out;
/// - content 0.965: needs colour and product; in 6 % a sticker hides most of the product;
/// - logo 0.970: in 6 % the lower half of the logo is folded away, and logos share upper halves;
/// - style 0.945: what the logo loses, and in 3 % the texture has faded, five of six of which then
///   look plain and are not.
///
/// `PerfectReader` computes these from what was drawn; pixel noise and near-miss drawings cost a real
/// model more.
enum Difficulty {
  /// Largest change of each colour channel, in 8-bit steps, uniform; colours are 60 or more apart.
  static let colourJitter = 15
  /// Share of creatives whose background blends into the neighbouring colour, per thousand.
  static let blendShare = 120
  /// Weight of the neighbour in a blend, in percent: reaching slightly past half-way.
  static let blendWeight = 40..<58

  /// Largest shift of the product from its place in the layout, in pixels.
  static let productShift = 2
  /// Share of creatives whose product stands between two layouts, per thousand.
  static let betweenLayoutsShare = 80
  /// Weight of the other layout's place, in percent.
  static let betweenLayoutsWeight = 40..<58

  /// Share of creatives with a sticker over the product, per thousand.
  static let stickerShare = 60
  /// Radius of the sticker in pixels; a product is 28 pixels wide.
  static let stickerRadius = 13..<19

  /// Share of creatives whose logo has its lower half folded away, per thousand.
  static let foldedLogoShare = 60

  /// Brightness that the texture takes from the background, in percent.
  static let textureDepth = 30
  /// Share of creatives whose texture has faded completely, per thousand.
  static let fadedTextureShare = 30

  /// Standard deviation of pixel noise, in 8-bit steps (0.04 of the range).
  static let pixelNoise = 10
}

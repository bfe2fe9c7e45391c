/// The answers other than product names: at most six letters each, lower case.
enum AnswerWords {
  static let brands = ["orvo", "zelka", "mirex", "tunda", "fyno", "kabri", "lomus", "wexi"]

  /// Style by texture (rows) and logo group (columns): the texture alone does not give the style.
  static let styles = [
    ["pure", "calm", "clean", "bare"],
    ["sport", "naval", "tidy", "cool"],
    ["tall", "stage", "smart", "sharp"],
    ["retro", "funky", "happy", "sweet"],
    ["picnic", "chess", "rally", "grid"],
    ["swift", "urban", "brisk", "edgy"],
  ]

  /// The column of a logo in `styles`.
  static func styleGroup(ofLogo logo: Int) -> Int { logo % 4 }

  static let all = Palette.names + Layouts.names + brands + styles.flatMap(\.self)
}

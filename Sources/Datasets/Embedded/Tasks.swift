/// The five questions about an advertisement, modelled on MAAD, and the ways to ask them.
enum AdTask: Int, CaseIterable, Sendable {
  case color, manifestation, content, logo, style

  var name: String { "\(self)" }

  /// Paraphrases of every task, by its number.
  static let questions = allCases.map(\.paraphrases)

  /// Paraphrases of five to eight words, drawn for every entry.
  var paraphrases: [String] {
    switch self {
    case .color:
      [
        "What color is the background?", "Which color fills the background here?",
        "Name the background color of this ad.", "What is the background color here?",
        "Which color is behind the product?", "What color does the background have?",
        "Tell me the background color here.", "Which background color does this ad use?",
        "In what color is the background?", "What color was used behind the product?",
      ]
    case .manifestation:
      [
        "How is this ad laid out?", "Which layout does this ad use?",
        "What is the layout of this ad?", "Name the layout of this ad.",
        "What layout does the picture have?", "Tell me the layout used here.",
        "How is the product placed here?", "Where does the product stand here?",
        "In which layout is the product placed?", "Which layout was used in this picture?",
      ]
    case .content:
      [
        "What product does this ad show?", "Which product is shown here?",
        "Name the product in this ad.", "What is the product shown here?",
        "Tell me the name of the product.", "What is the name of the product?",
        "Which product does the ad sell?", "What does this ad want to sell?",
        "Which product can we see here?", "What can people buy from this ad?",
      ]
    case .logo:
      [
        "Which brand does the logo show?", "What brand is behind this logo?",
        "Name the brand of the logo.", "Which brand is this ad for?",
        "What is the brand of this ad?", "Tell me the brand shown here.",
        "Which brand made this ad?", "What brand does the logo belong to?",
        "From which brand is this picture?", "Which brand can people see here?",
      ]
    case .style:
      [
        "What style does this ad have?", "Which style is used here?",
        "Name the style of this ad.", "What is the style of the ad?",
        "Tell me the style used here.", "In what style was this made?",
        "Which style does this ad use?", "What visual style is shown here?",
        "How would you name this style?", "Which style does the picture have?",
      ]
    }
  }

  /// What the drawn attributes make correct.
  func answer(for attributes: AdAttributes) -> String {
    switch self {
    case .color: Palette.names[attributes.colour]
    case .manifestation: Layouts.names[attributes.manifestation]
    case .content: Catalogue.shared.names[attributes.product]
    case .logo: AnswerWords.brands[attributes.logo]
    case .style:
      AnswerWords.styles[attributes.texture][AnswerWords.styleGroup(ofLogo: attributes.logo)]
    }
  }
}

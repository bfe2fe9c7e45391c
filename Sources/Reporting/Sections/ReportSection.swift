/// One chapter of the report: what it says, independent of the view.
protocol ReportSection: Sendable {
  var title: String { get }
  /// Identifier of the chapter in the page.
  var anchor: String { get }
  func content(_ report: Report) -> [Block]
}

/// The chapters in reading order. A new chapter is one file and one line here.
enum ReportSections {
  static let findings: [any ReportSection] = [
    HeadlineSection(), AccuracySection(), StagesSection(), PlanSection(), CostsSection(),
    EnergySection(),
  ]

  /// The findings and, last, the chapter that lists every figure in them.
  static func all(_ index: FigureIndex) -> [any ReportSection] {
    findings + [ProvenanceSection(index: index)]
  }
}

import Artifacts
import Reporting

extension Report {
  /// The headline as a table for a person.
  var text: String {
    var table = Table("", "before", "after", "")
    table.add(
      "request", FigureText.milliseconds(headline.latencyBefore),
      FigureText.milliseconds(headline.latencyAfter),
      "\(FigureText.significant(headline.speedUp.value?.value ?? 0)) times as fast")
    table.add(
      "request, P95", FigureText.milliseconds(headline.percentile95Before),
      FigureText.milliseconds(headline.percentile95After), "")
    table.add(
      "energy of a request", FigureText.cell(headline.energyBefore),
      FigureText.cell(headline.energyAfter), "")
    table.add(
      "test accuracy", FigureText.cell(headline.accuracyBefore),
      FigureText.cell(headline.accuracyAfter), "")
    for task in tasks {
      table.add("  \(task.name)", FigureText.cell(task.before), FigureText.cell(task.after), "")
    }
    return table.text + "\n\n" + FigureText.legend
  }
}

package import Artifacts
import Reporting

extension PlanRecord {
  /// The plan as tables for a person.
  package var text: String {
    let sections = [
      heading, candidates, FigureText.legend, steps, forecastOfCompression,
      notes.map { "· \($0.visible())" }.joined(separator: "\n"),
    ]
    return sections.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private var heading: String {
    let speedUp = target.speedUp.map { ", \(shortest($0)) times as fast as the original" } ?? ""
    // A ratio's latency has all the digits of a division.
    let latency =
      target.speedUp == nil
      ? shortest(target.latency.milliseconds)
      : FigureText.significant(target.latency.milliseconds)
    var targets = ["\(latency) ms a request\(speedUp)"]
    if let energy = target.annualEnergy { targets.append("\(shortest(energy.value)) kWh a year") }
    if let energy = target.compressionEnergy {
      targets.append("\(shortest(energy.value)) kWh for the compression")
    }
    if let drop = target.maximumAccuracyDrop {
      targets.append("accuracy down by \(shortest(drop.value)) at most")
    }
    let proof = provenOptimal ? "the optimum of its space" : "not proven optimal"
    return """
      target: \(targets.joined(separator: ", ")) on \(target.hardware.visible())
      strategy: \(strategy.visible()), \(candidatesCompared) shapes compared, \(proof)
      """
  }

  private var candidates: String {
    var table = Table(
      "shape", "blocks", "hidden", "FFN", "heads", "parameters", "request", "energy", "a year",
      "accuracy")
    let others = alternatives.filter { $0.label != original.label }
    for forecast in [original, final] + others { table.rows.append(row(forecast)) }
    return table.text
  }

  private func row(_ forecast: ShapeForecast) -> [String] {
    let shape = forecast.shape
    let cost = forecast.costs.first { $0.hardware == target.hardware }?.request
    let unavailable = "–"
    let year = cost.map {
      $0.energy.map {
        annualEnergy(
          perRequest: $0, requestsPerYear: target.requestsPerYear,
          powerUsageEffectiveness: target.powerUsageEffectiveness)
      }
    }
    return [
      forecast.label, "\(shape.blocks)", "\(shape.hiddenSize)", "\(shape.feedForwardWidth)",
      "\(shape.heads)×\(shape.headSize)", "\(forecast.languageModelParameters)",
      cost.map { FigureText.milliseconds($0.time, interval: true) } ?? unavailable,
      cost.map { FigureText.cell($0.energy) } ?? unavailable,
      year.map { FigureText.cell($0) } ?? unavailable, FigureText.cell(forecast.accuracy),
    ]
  }

  private var steps: String {
    var table = Table(
      "step", "stage", "blocks", "hidden", "FFN", "heads", "epochs", "rate", words: 2)
    for step in schedule {
      table.add(
        "\(step.index)", step.stage.rawValue, "\(step.to.blocks)", "\(step.to.hiddenSize)",
        "\(step.to.feedForwardWidth)", "\(step.to.heads)×\(step.to.headSize)", "\(step.epochs)",
        "\(step.learningRate)")
    }
    return schedule.isEmpty ? "nothing to remove: the original meets the target" : table.text
  }

  private var forecastOfCompression: String {
    let time = FigureText.cell(compression.time)
    let energy = FigureText.cell(compression.energy.map { KilowattHours($0) })
    return "compression: \(time), \(energy)"
  }
}

#include <cli/commands/anomalies_report.hpp>

#include <cli/messages.hpp>

#include <latent/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent::cli {

namespace {

Json json_of(const OddSample& odd) {
  Json json = {{"index", odd.index}, {"score", odd.score}, {"p_value", odd.p_value}};
  if (odd.class_name) json["class"] = *odd.class_name;
  json["data_index"] = odd.data_index;
  if (odd.name) json[std::string(odd.name_says)] = *odd.name;
  for (const OddColumn& column : odd.columns) {
    json["columns"].push_back({{"name", column.name}, {"deviation", column.deviation}});
  }
  return json;
}

std::string line_of(const OddSample& odd) {
  constexpr double kFewDigits = 0.001;  // below, four places show next to nothing
  const double p = odd.p_value;
  std::string text = fmt::format("score {:6.2f}, p {}", odd.score,
                                 p < kFewDigits ? fmt::format("{:.2g}", p) : fmt::format("{:.4f}", p));
  if (odd.name) text += fmt::format(", {}{}", odd.name_says == "start" ? "from " : "", one_line(*odd.name));
  if (odd.class_name) text += fmt::format(", class {}", one_line(*odd.class_name));
  for (const OddColumn& column : odd.columns) {
    const bool is_first = &column == odd.columns.data();
    text += fmt::format("{}{} {:+.1f}", is_first ? "; " : ", ", one_line(column.name), column.deviation);
  }
  return text;
}

std::string weight_text(const space::AnomalyComponent& component) {
  if (!component.is_combined) return " (not part of the score)";
  return component.weight != 1.0 ? fmt::format(" (weight {:.2f})", component.weight) : "";
}

}  // namespace

void add_scores(Report& report, const std::string& part, const ScoredData& scored,
                const std::optional<AnomalyLabels>& labels, const std::vector<OddSample>& oddest) {
  const auto samples = static_cast<int64_t>(scored.scores.score.size());
  report.json.update({{"reference", scored.reference},
                      {"calibration", scored.calibration},
                      {"calibration_part", scored.calibration_part}});
  report.row("scores", fmt::format("{}, {} of {}", one_line(report.json["output"].get<std::string>()),
                                   counted(samples, "sample"), part));
  report.row("beside", fmt::format("{} of the training; p-values by {} of {}", counted(scored.reference, "sample"),
                                   grouped(scored.calibration), one_line(scored.calibration_part)));
  if (scored.filled_cells > 0) {
    report.json.update({{"filled_cells", scored.filled_cells}, {"filled_rows", scored.filled_rows}});
  }
  const auto odd = std::ranges::count_if(scored.scores.p_value, [](double p) { return p <= 0.05; });
  report.json["p_at_most_0.05"] = odd;
  report.row("p <= 0.05", counted(odd, "sample"));
  // What labels say of scores: in `json`, and as a line.
  const auto measure = [&](const std::vector<double>& scores, Json& json, const std::string& name,
                           const std::string& weight) {
    if (!labels) return;
    const auto [auroc, precision] = detection_of(scores, *labels);
    json.update({{"auroc", auroc}, {"average_precision", precision}});
    report.row(name, fmt::format("{:.4f}, average precision {:.4f}{}", auroc, precision, weight));
  };
  if (labels) report.json["anomalous_classes"] = labels->classes;
  measure(scored.scores.score, report.json, "AUROC", "");
  Json components = Json::object();
  for (const space::AnomalyComponent& c : scored.scores.components) {
    components[c.name] = {{"combined", c.is_combined}, {"weight", c.weight}};
    measure(c.values, components[c.name], "  " + c.name, weight_text(c));
  }
  report.json["components"] = components;
  report.json["oddest"] = Json::array();
  for (const OddSample& sample : oddest) {
    report.json["oddest"].push_back(json_of(sample));
    report.row(fmt::format("sample {}", sample.index), line_of(sample));
  }
}

}  // namespace latent::cli

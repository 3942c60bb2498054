#include <cli/commands/probe_report.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::cli {

namespace {

// "97.32 +- 0.18%", or R^2 "0.953 +- 0.004".
std::string score_text(const space::ProbeScore& score) {
  const bool is_class = score.truth.is_class();
  std::string text = is_class ? fmt::format("{:.2f}", 100.0 * score.score) : fmt::format("{:.4f}", score.score);
  if (score.standard_error) {
    text += is_class ? fmt::format(" +- {:.2f}", 100.0 * *score.standard_error)
                     : fmt::format(" +- {:.4f}", *score.standard_error);
  }
  return text + (is_class ? "%" : "");
}

// Columns of a table as wide as their widest cell.
class Columns {
 public:
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string str() const {
    std::vector<size_t> width;
    for (const auto& row : rows_) {
      width.resize(std::max(width.size(), row.size()));
      for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
    }
    std::string text;
    for (const auto& row : rows_) {
      std::string line;
      for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], width[i]);
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
    }
    return text;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

// In the order of their first appearance.
template <class Member>
std::vector<std::string> distinct(const std::vector<ProbeRow>& rows, Member member) {
  std::vector<std::string> names;
  for (const ProbeRow& row : rows) {
    if (std::find(names.begin(), names.end(), row.*member) == names.end()) names.push_back(row.*member);
  }
  return names;
}

std::string scores_table(const ProbeResults& results) {
  const std::vector<ProbeRow>& rows = results.rows;
  const std::vector<std::string> forms = distinct(rows, &ProbeRow::on), probes = distinct(rows, &ProbeRow::probe);
  const bool is_class = rows.front().score.truth.is_class();
  Columns table;
  std::vector<std::string> head = {is_class ? "accuracy" : "R^2"};
  for (const std::string& on : forms)
    head.push_back(fmt::format("{} ({})", on, results.find(on, probes[0], false)->dims));
  table.row(head);
  for (const bool augmented : {false, true}) {
    for (const std::string& probe : probes) {
      std::vector<std::string> cells = {augmented ? probe + " with new samples" : probe};
      for (const std::string& on : forms) {
        const ProbeRow* row = results.find(on, probe, augmented);
        cells.push_back(row == nullptr ? "" : score_text(row->score));
      }
      if (std::any_of(cells.begin() + 1, cells.end(), [](const std::string& cell) { return !cell.empty(); })) {
        table.row(cells);
      }
    }
  }
  return table.str();
}

Json json_of(const ProbeRow& row, const ProbeResults& results) {
  const space::ProbeScore& score = row.score;
  const bool is_class = score.truth.is_class();
  Json json = {{"on", row.on}, {"dims", row.dims}, {"probe", row.probe}, {"augmented", row.augmented}};
  json[is_class ? "accuracy" : "r_squared"] = score.score;
  json["standard_error"] = score.standard_error ? Json(*score.standard_error) : Json();
  if (!is_class) json["mean_absolute_error"] = score.mean_absolute_error;
  json["scores"] = score.scores;
  json["settings"] = score.settings;
  if (!row.augmented) return json;
  const space::MeanError gain = results.gain_of(row);
  json["gain"] = gain.mean;
  json["gain_standard_error"] = score.scores.size() > 1 ? Json(gain.standard_error) : Json();
  return json;
}

void add_gains(Report& report, const ProbeResults& results, const std::string& method) {
  for (const ProbeRow& row : results.rows) {
    if (!row.augmented) continue;
    const space::MeanError gain = results.gain_of(row);
    std::string text = fmt::format("{:+.2f}", 100.0 * gain.mean);
    if (row.score.scores.size() > 1) text += fmt::format(" +- {:.2f}", 100.0 * gain.standard_error);
    report.row(fmt::format("gain, {} on {}", row.probe, row.on),
               fmt::format("{} points by {} new samples ({})", text, grouped(results.new_samples), method));
  }
}

void add_classes(Report& report, const ProbeRow& best, const std::vector<std::string>& names) {
  const Tensor confusion =
      space::confusion_matrix(best.score.truth.labels, best.score.predicted.labels, best.score.truth.classes);
  const std::vector<double> shares = space::class_accuracies(confusion);
  Json per_class = Json::object();
  std::string text;
  constexpr size_t kMostPrinted = 30;
  for (size_t c = 0; c < shares.size(); ++c) {
    per_class[names[c]] = std::isnan(shares[c]) ? Json() : Json(shares[c]);
    if (c >= kMostPrinted || std::isnan(shares[c])) continue;
    text += fmt::format("{}{} {:.1f}%", text.empty() ? "" : ", ", one_line(names[c]), 100.0 * shares[c]);
  }
  if (shares.size() > kMostPrinted) text += ", ...";
  Json matrix = Json::array();
  const int64_t C = confusion.dim(0);
  for (int64_t row = 0; row < C; ++row) {
    const int64_t* counts = confusion.data<int64_t>() + row * C;
    matrix.push_back(std::vector<int64_t>(counts, counts + C));
  }
  report.both("per_class", per_class, text);
  report.json["confusion"] = matrix;
}

}  // namespace

std::string progress_text(const ProbeRow& row) {
  return fmt::format("{} on {}{}: {} ({})", row.probe, row.on, row.augmented ? " with new samples" : "",
                     score_text(row.score), row.score.settings);
}

Result probe_result(const ProbeSummary& summary, const ProbeData& data, const ProbeResults& results) {
  const ProbeRow& best = results.best();
  const bool is_class = best.score.truth.is_class(), is_left_out = data.target_column.has_value();
  Report report;
  report.json = {{"run", summary.run},
                 {"data", data.source},
                 {"target", is_class ? Json() : Json(summary.target)},
                 {"left_out", is_left_out ? Json(summary.target) : Json()},
                 {"train_samples", results.train_samples},
                 {"test_samples", results.test_samples},
                 {"new_samples", results.new_samples},
                 {"results", Json::array()}};
  for (const ProbeRow& row : results.rows) report.json["results"].push_back(json_of(row, results));
  add_gains(report, results, summary.augment_method);
  report.both("best_on_codes", best.probe, fmt::format("{}, {}", best.probe, best.score.settings));
  if (is_class) {
    add_classes(report, best, class_names_of(best, data));
  } else {
    report.row("mean absolute error", fmt::format("{:.4g}", best.score.mean_absolute_error));
  }
  if (is_left_out) {
    report.row("left out",
               fmt::format("column {}: codes are made with its mean in its place, the others are without it",
                           one_line(summary.target)));
  }
  report.both("protocol", results.protocol, one_line(results.protocol));
  if (!summary.output.empty()) report.row(is_class ? "confusion" : "predictions", one_line(summary.output));
  report.json["seed"] = summary.seed;
  report.json["output"] = text_or_null(summary.output);
  Result result = report.result();
  result.text = scores_table(results) + "\n" + result.text;
  return result;
}

}  // namespace latent::cli

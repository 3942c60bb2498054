#include <cli/commands/probe_report.hpp>

#include <cli/output.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <latent/formats/csv_writer.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/image.hpp>
#include <latent/report/matrix_chart.hpp>
#include <latent/report/pictures.hpp>

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

const ProbeRow* find(const std::vector<ProbeRow>& rows, const std::string& on, const std::string& probe,
                     bool augmented) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const ProbeRow& row) {
    return row.on == on && row.probe == probe && row.augmented == augmented;
  });
  return found == rows.end() ? nullptr : &*found;
}

// In the order of their first appearance.
template <class Member>
std::vector<std::string> distinct(const std::vector<ProbeRow>& rows, Member member) {
  std::vector<std::string> names;
  for (const ProbeRow& row : rows) {
    if (std::find(names.begin(), names.end(), row.*member) == names.end()) names.push_back(row.*member);
  }
  return names;
}

std::string scores_table(const std::vector<ProbeRow>& rows) {
  const std::vector<std::string> forms = distinct(rows, &ProbeRow::on), probes = distinct(rows, &ProbeRow::probe);
  const bool is_class = rows.front().score.truth.is_class();
  Columns table;
  std::vector<std::string> head = {is_class ? "accuracy" : "R^2"};
  for (const std::string& on : forms)
    head.push_back(fmt::format("{} ({})", on, find(rows, on, probes[0], false)->dims));
  table.row(head);
  for (const bool augmented : {false, true}) {
    for (const std::string& probe : probes) {
      std::vector<std::string> cells = {augmented ? probe + " with new samples" : probe};
      for (const std::string& on : forms) {
        const ProbeRow* row = find(rows, on, probe, augmented);
        cells.push_back(row == nullptr ? "" : score_text(row->score));
      }
      if (std::any_of(cells.begin() + 1, cells.end(), [](const std::string& cell) { return !cell.empty(); })) {
        table.row(cells);
      }
    }
  }
  return table.str();
}

// How much better a probe does with new samples, round by round.
space::MeanError gain_of(const ProbeRow& with, const ProbeRow& without) {
  std::vector<double> gains;
  for (size_t r = 0; r < with.score.scores.size(); ++r) {
    gains.push_back(with.score.scores[r] - without.score.scores[r]);
  }
  return space::mean_error(gains);
}

Json json_of(const ProbeRow& row, const std::vector<ProbeRow>& rows) {
  const space::ProbeScore& score = row.score;
  const bool is_class = score.truth.is_class();
  Json json = {{"on", row.on}, {"dims", row.dims}, {"probe", row.probe}, {"augmented", row.augmented}};
  json[is_class ? "accuracy" : "r_squared"] = score.score;
  json["standard_error"] = score.standard_error ? Json(*score.standard_error) : Json();
  if (!is_class) json["mean_absolute_error"] = score.mean_absolute_error;
  json["scores"] = score.scores;
  json["settings"] = score.settings;
  if (!row.augmented) return json;
  const space::MeanError gain = gain_of(row, *find(rows, row.on, row.probe, false));
  json["gain"] = gain.mean;
  json["gain_standard_error"] = score.scores.size() > 1 ? Json(gain.standard_error) : Json();
  return json;
}

void add_gains(Table& table, const ProbeSummary& summary, const std::vector<ProbeRow>& rows) {
  for (const ProbeRow& row : rows) {
    if (!row.augmented) continue;
    const space::MeanError gain = gain_of(row, *find(rows, row.on, row.probe, false));
    std::string text = fmt::format("{:+.2f}", 100.0 * gain.mean);
    if (row.score.scores.size() > 1) text += fmt::format(" +- {:.2f}", 100.0 * gain.standard_error);
    table.row(
        fmt::format("gain, {} on {}", row.probe, row.on),
        fmt::format("{} points by {} new samples ({})", text, grouped(summary.new_samples), summary.augment_method));
  }
}

void add_classes(Table& table, Json& json, const ProbeRow& best, const std::vector<std::string>& names) {
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
  json["per_class"] = per_class;
  json["confusion"] = matrix;
  table.row("per class", text);
}

// The names of all classes: a set may have more classes than names only if it has none.
std::vector<std::string> names_of(const ProbeRow& row, const std::vector<std::string>& class_names) {
  std::vector<std::string> names = class_names;
  for (auto c = static_cast<int64_t>(names.size()); c < row.score.truth.classes; ++c)
    names.push_back(std::to_string(c));
  return names;
}

void write_confusion(Sink& sink, const Tensor& confusion, const std::vector<std::string>& names) {
  CsvWriter writer(sink);
  writer.name("class");
  for (const std::string& name : names) writer.name(name);
  writer.end_row();
  const int64_t C = confusion.dim(0);
  for (int64_t row = 0; row < C; ++row) {
    writer.cell(names[static_cast<size_t>(row)]);
    for (int64_t c = 0; c < C; ++c) writer.cell(confusion.data<int64_t>()[row * C + c]);
    writer.end_row();
  }
}

void write_numbers(const ResultFile& file, const space::ProbeScore& score, const data::Dataset& tested) {
  const auto N = static_cast<int64_t>(score.truth.values.size());
  Tensor pairs = Tensor::empty({N, 2}, DType::f64);
  for (int64_t i = 0; i < N; ++i) {
    pairs.data<double>()[2 * i] = score.truth.values[static_cast<size_t>(i)];
    pairs.data<double>()[2 * i + 1] = score.predicted.values[static_cast<size_t>(i)];
  }
  if (file.form == Form::csv) return write_sample_table(file.path, {"truth", "predicted"}, pairs, tested);
  write_png(file.path, report::scatter_chart(pairs, {}, {}, {.x_label = "truth", .y_label = "predicted"}));
}

}  // namespace

const ProbeRow& best_of(const std::vector<ProbeRow>& rows, const std::string& on) {
  const auto counts = [&](const ProbeRow& row) { return row.on == on && !row.augmented; };
  const auto best = std::max_element(rows.begin(), rows.end(), [&](const ProbeRow& a, const ProbeRow& b) {
    return counts(b) && (!counts(a) || a.score.score < b.score.score);
  });
  return *best;
}

std::string progress_text(const ProbeRow& row) {
  return fmt::format("{} on {}{}: {} ({})", row.probe, row.on, row.augmented ? " with new samples" : "",
                     score_text(row.score), row.score.settings);
}

Result probe_result(const ProbeSummary& summary, const std::vector<ProbeRow>& rows) {
  const ProbeRow& best = best_of(rows, "codes");
  const bool is_class = best.score.truth.is_class();
  Result result;
  result.json = {{"run", summary.run},
                 {"data", summary.data},
                 {"target", is_class ? Json() : Json(summary.target)},
                 {"left_out", summary.is_left_out ? Json(summary.target) : Json()},
                 {"train_samples", summary.train_samples},
                 {"test_samples", summary.test_samples},
                 {"new_samples", summary.new_samples}};
  Json list = Json::array();
  for (const ProbeRow& row : rows) list.push_back(json_of(row, rows));
  result.json["results"] = list;
  result.json["best_on_codes"] = best.probe;
  Table table;
  add_gains(table, summary, rows);
  table.row("best on codes", fmt::format("{}, {}", best.probe, best.score.settings));
  if (is_class) {
    add_classes(table, result.json, best, names_of(best, summary.class_names));
  } else {
    table.row("mean absolute error", fmt::format("{:.4g}", best.score.mean_absolute_error));
  }
  if (summary.is_left_out) {
    table.row("left out", fmt::format("column {}: codes are made with its mean in its place, the others are without it",
                                      one_line(summary.target)));
  }
  table.row("protocol", one_line(summary.protocol));
  if (!summary.output.empty()) table.row(is_class ? "confusion" : "predictions", one_line(summary.output));
  result.json["protocol"] = summary.protocol;
  result.json["seed"] = summary.seed;
  result.json["output"] = summary.output.empty() ? Json() : Json(summary.output);
  result.text = scores_table(rows) + "\n" + table.str();
  return result;
}

void write_probe_file(const ResultFile& file, const ProbeRow& row, const std::vector<std::string>& class_names,
                      const data::Dataset& tested) {
  if (!row.score.truth.is_class()) return write_numbers(file, row.score, tested);
  const Tensor confusion =
      space::confusion_matrix(row.score.truth.labels, row.score.predicted.labels, row.score.truth.classes);
  const std::vector<std::string> names = names_of(row, class_names);
  if (file.form == Form::png) return write_png(file.path, report::confusion_chart(confusion, names));
  replace_file(file.path, [&](Sink& sink) { write_confusion(sink, confusion, names); });
}

}  // namespace latent::cli

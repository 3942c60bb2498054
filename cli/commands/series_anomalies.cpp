#include <cli/commands/series_anomalies.hpp>

#include <cli/commands/follow_lines.hpp>
#include <cli/input.hpp>
#include <cli/messages.hpp>

#include <latent/core/text.hpp>
#include <latent/run/series/series_scores.hpp>
#include <latent/run/series/series_stream.hpp>
#include <latent/run/series/training_windows.hpp>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

namespace latent::cli {

namespace {

constexpr int64_t kListedIntervals = 10;
constexpr int64_t kJoinedPart = 4;  // of a window: odd rows so near to each other are one interval

Json json_of_interval(const ScoredRows& scored, const OddInterval& one) {
  Json json = {{"first_row", scored.table_row(one.first)},
               {"last_row", scored.table_row(one.last)},
               {"score", one.score},
               {"p_value", one.p_value},
               {"columns", one.channels}};
  if (!scored.series.empty()) json["series"] = scored.series[static_cast<size_t>(one.first)];
  if (!scored.stamps.empty()) {
    json["start"] = scored.stamps[static_cast<size_t>(one.first)];
    json["end"] = scored.stamps[static_cast<size_t>(one.last)];
  }
  return json;
}

std::string stamp_of(const ScoredRows& scored, int64_t row) {
  return scored.stamps.empty() ? fmt::format("row {}", scored.table_row(row))
                               : one_line(scored.stamps[static_cast<size_t>(row)]);
}

// "pump 3: ", where there are several series.
std::string series_of(const ScoredRows& scored, int64_t row) {
  return scored.series.empty() ? "" : one_line(scored.series[static_cast<size_t>(row)]) + ": ";
}

// To two digits, so that it takes in what it was rounded from.
double rounded_up(double p) {
  const double place = std::pow(10.0, std::floor(std::log10(p)) - 1.0);
  return std::ceil(p / place) * place;
}

std::string text_of_interval(const ScoredRows& scored, const OddInterval& one) {
  return fmt::format("{}{} to {}, score {:.2f}, p {:.2g}; {}", series_of(scored, one.first),
                     stamp_of(scored, one.first), stamp_of(scored, one.last), one.score, one.p_value,
                     one_line(fmt::format("{}", fmt::join(one.channels, ", "))));
}

// The oddest row, where no row is odd enough to be an interval.
void add_oddest_row(Report& report, const ScoredRows& scored, double threshold) {
  int64_t oddest = -1;
  for (int64_t row = 0; row < scored.rows(); ++row) {
    if (scored.is_scored[static_cast<size_t>(row)] == 0) continue;
    if (oddest < 0 ||
        scored.scores[static_cast<size_t>(row)].score > scored.scores[static_cast<size_t>(oddest)].score) {
      oddest = row;
    }
  }
  if (oddest < 0) return;
  const RowScore& score = scored.scores[static_cast<size_t>(oddest)];
  if (score.p_value <= threshold) return;
  report.json["oddest_row"] = {{"row", scored.table_row(oddest)}, {"score", score.score}, {"p_value", score.p_value}};
  if (!scored.stamps.empty()) report.json["oddest_row"]["time"] = scored.stamps[static_cast<size_t>(oddest)];
  report.row("oddest row", fmt::format("{}{}, score {:.2f}, p {:.2g}; --threshold {:.2g} makes intervals of such rows",
                                       series_of(scored, oddest), stamp_of(scored, oddest), score.score, score.p_value,
                                       rounded_up(score.p_value)));
}

Result scores_of_table(const Run& run, const SeriesScorer& scorer, const SeriesAnomaliesOptions& options,
                       const DataOptions& data) {
  constexpr std::array kTable = {Form::csv}, kPicture = {Form::png};
  const std::string path = options.data.empty() ? scorer.training_source() : options.data;
  const ResultFile file = result_file(options.output, kTable, Existing::replace);
  data::OpenOptions read = data.overrides().over(row_options(run));
  read.series.step_seconds = scorer.feed_options().step_seconds;  // or rows that come later would move the grid
  if (read.series.date_order == data::DateOrder::unknown) read.series.date_order = scorer.feed_options().date_order;
  const data::SeriesRows rows = read_input([&] { return data::read_series_rows(path, read); });
  for (const std::string& text : rows.notes) note(fmt::format("{}: {}", path, text));
  for (const std::string& warning : rows.warnings) warn(fmt::format("{}: {}", path, warning));
  if (const std::string text = step_warning(scorer, rows); !text.empty()) warn(fmt::format("{}: {}", path, text));
  std::error_code error;
  const bool is_own = std::filesystem::equivalent(path, scorer.training_source(), error);
  const ScoredRows scored = score_rows(scorer, rows, is_own ? RowsAre::of_training : RowsAre::others);
  const auto count = std::ranges::count(scored.is_scored, uint8_t{1});
  if (count == 0) {
    warn(fmt::format("{}: no row is scored: {} hold no window of {} steps without long gaps", path,
                     counted(scored.rows(), "row"), scorer.feed_options().window));
  }
  const int64_t join = scorer.feed_options().window / kJoinedPart;
  const std::vector<OddInterval> intervals = odd_intervals(scored, scorer.channels(), options.threshold, join);
  write_row_scores(file, scored, scorer.channels());
  Report report;
  report.json = {{"output", options.output},
                 {"run", run.path.string()},
                 {"data", path},
                 {"rows", scored.rows()},
                 {"scored", count},
                 {"reference", scorer.reference()},
                 {"calibration", scorer.calibration()},
                 {"threshold", options.threshold},
                 {"intervals", Json::array()}};
  report.row("scores",
             fmt::format("{}, {} of {}", one_line(options.output), counted(count, "row"), grouped(scored.rows())));
  report.row("beside", fmt::format("{} of the training; p-values by {} rows of it and of what it held out",
                                   counted(scorer.reference(), "window"), grouped(scorer.calibration())));
  report.row(fmt::format("p <= {:g}", options.threshold), counted(static_cast<int64_t>(intervals.size()), "interval"));
  if (intervals.empty()) add_oddest_row(report, scored, options.threshold);
  for (const OddInterval& one : intervals) report.json["intervals"].push_back(json_of_interval(scored, one));
  std::vector<OddInterval> oddest = intervals;
  std::ranges::stable_sort(oddest, [](const auto& a, const auto& b) { return a.score > b.score; });
  for (size_t i = 0; i < oddest.size() && static_cast<int64_t>(i) < kListedIntervals; ++i) {
    report.row(fmt::format("interval {}", i + 1), text_of_interval(scored, oddest[i]));
  }
  if (!options.intervals.empty()) {
    write_intervals(result_file_of("--intervals", options.intervals, kTable, Existing::replace), scored, intervals);
    report.json["intervals_file"] = options.intervals;
  }
  if (!options.plot.empty()) {
    report.shown(write_score_plot(result_file_of("--plot", options.plot, kPicture, Existing::replace), scored,
                                  scorer.channels(), intervals));
    report.json["plot"] = options.plot;
  }
  return report.result();
}

}  // namespace

bool scores_rows(const latent::Run& run) {
  return run.data && run.kind() == data::Kind::series && run.data->format == "csv";
}

Result series_anomalies(const Run& run, const SeriesAnomaliesOptions& options, const DataOptions& data) {
  if (options.follow && (options.data != "-" || !options.intervals.empty() || !options.plot.empty())) {
    throw UsageError(
        "--follow scores the lines of standard input: DATA is -, and there are neither --intervals nor --plot");
  }
  if (!options.follow && options.data == "-") {
    throw UsageError("DATA is -, standard input, which is scored line by line", "Add --follow.");
  }
  const data::SeriesOverrides asked = data.overrides().series;
  if (asked.window || asked.step || asked.max_gap) {
    throw UsageError("--window, --window-step and --max-gap are the training's where rows are scored");
  }
  if (!options.follow && options.output.empty()) throw UsageError("-o FILE.csv is needed for the scores");
  const SeriesScorer scorer = read_input([&] { return SeriesScorer(run, {.training_data = options.training_data}); });
  if (options.follow) return follow_lines(run, scorer, options.output, data);
  return scores_of_table(run, scorer, options, data);
}

}  // namespace latent::cli

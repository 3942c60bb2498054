#include <latent/run/series/series_scores.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/data/time_stamps.hpp>
#include <latent/formats/csv_writer.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/image.hpp>
#include <latent/report/marked_chart.hpp>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace latent {

namespace {

constexpr int64_t kWindowsAtOnce = 256;

// Windows that wait to be scored together, and the rows at which they end.
class Waiting {
 public:
  Waiting(const SeriesScorer& scorer, RowsAre are, ScoredRows& scored)
      : scorer_(scorer),
        are_(are),
        scored_(scored),
        feed_(scorer.feed_options()),
        state_(scorer.begin()),
        windows_(Tensor::zeros({kWindowsAtOnce, feed_.channels, feed_.window})) {}

  std::span<float> place() {
    const auto size = static_cast<size_t>(feed_.channels * feed_.window);
    return windows_.span<float>().subspan(rows_.size() * size, size);
  }
  // What follows is another series.
  void begin_anew() {
    finish();
    state_ = scorer_.begin();
  }
  // @param step  at which the window ends
  void take(int64_t row, int64_t step) {
    rows_.push_back(row);
    if (are_ == RowsAre::of_training) ends_.push_back(step);
    if (static_cast<int64_t>(rows_.size()) == kWindowsAtOnce) finish();
  }
  // All at once, also where fewer wait: so many windows are computed alike whatever comes after them.
  void finish() {
    if (rows_.empty()) return;
    if (!ends_.empty()) ends_.resize(static_cast<size_t>(kWindowsAtOnce), ends_.back());
    const SeriesScorer::Looked looked = scorer_.look(windows_, std::exchange(ends_, {}));
    for (size_t n = 0; n < rows_.size(); ++n) {
      const auto row = static_cast<size_t>(rows_[n]);
      scored_.scores[row] = scorer_.next(state_, looked, static_cast<int64_t>(n));
      scored_.is_scored[row] = 1;
    }
    rows_.clear();
  }

 private:
  const SeriesScorer& scorer_;
  RowsAre are_;
  ScoredRows& scored_;
  FeedOptions feed_;
  SeriesScorer::State state_;
  Tensor windows_;
  std::vector<int64_t> rows_, ends_;
};

std::vector<std::string> odd_channels(const ScoredRows& scored, const OddInterval& interval,
                                      const std::vector<std::string>& channels) {
  constexpr float kOdd = 3.0F;
  std::vector<float> largest(channels.size(), 0.0F);
  for (int64_t row = interval.first; row <= interval.last; ++row) {
    const std::vector<float>& deviations = scored.scores[static_cast<size_t>(row)].deviations;
    for (size_t c = 0; c < deviations.size(); ++c) largest[c] = std::max(largest[c], deviations[c]);
  }
  std::vector<std::string> names;
  for (size_t c = 0; c < channels.size(); ++c) {
    if (largest[c] > kOdd) names.push_back(channels[c]);
  }
  if (names.empty())
    names.push_back(channels[static_cast<size_t>(std::ranges::max_element(largest) - largest.begin())]);
  return names;
}

}  // namespace

ScoredRows score_rows(const SeriesScorer& scorer, const data::SeriesRows& rows, RowsAre are) {
  LATENT_CHECK(rows.channels == scorer.channels(), "[score_rows] {} channels, but the model was trained on {}",
               rows.channels.size(), scorer.channels().size());
  const int64_t C = rows.x.dim(0), T = rows.x.dim(1);
  ScoredRows scored{
      .stamps = rows.stamps, .time_column = rows.time_column, .is_scored = {}, .scores = {}, .values = {}};
  scored.table_rows = rows.table_rows;
  scored.series = rows.series;
  scored.series_column = rows.series_column;
  const auto count = static_cast<size_t>(*std::ranges::max_element(rows.row_of) + 1);
  scored.scores.resize(count);
  scored.is_scored.assign(count, 0);
  scored.values.resize(static_cast<size_t>(C) * count);
  Waiting waiting(scorer, are, scored);
  WindowFeed feed(scorer.feed_options());
  std::vector<double> values(static_cast<size_t>(C));
  size_t part = 0;
  for (int64_t t = 0; t < T; ++t) {
    if (part < rows.part_begins.size() && rows.part_begins[part] == t) {
      feed = WindowFeed(scorer.feed_options());
      ++part;
    }
    const int64_t row = rows.row_of[static_cast<size_t>(t)];
    if (row >= 0 && data::begins_series(rows.series, static_cast<size_t>(row))) waiting.begin_anew();
    for (int64_t c = 0; c < C; ++c) {
      values[static_cast<size_t>(c)] = rows.x.data<double>()[c * T + t];
      if (row >= 0)
        scored.values[static_cast<size_t>(c) * count + static_cast<size_t>(row)] = values[static_cast<size_t>(c)];
    }
    if (feed.add(std::nullopt, values, waiting.place()) && row >= 0) waiting.take(row, t);
  }
  waiting.finish();
  return scored;
}

std::string step_warning(const SeriesScorer& scorer, const data::SeriesRows& rows) {
  constexpr double kOff = 0.1;
  const double trained = scorer.feed_options().step_seconds, here = rows.step_seconds;
  if (trained <= 0.0 || here <= 0.0 || std::abs(here - trained) <= kOff * trained) return {};
  return fmt::format(
      "rows are usually {} apart, those of the training {}: {}", data::time_text(here), data::time_text(trained),
      here > trained ? "what lies between counts as missing" : "windows are of as many rows, but not as long");
}

std::vector<OddInterval> odd_intervals(const ScoredRows& scored, const std::vector<std::string>& channels,
                                       double p_value, int64_t join) {
  std::vector<OddInterval> intervals;
  bool is_new = true;
  for (int64_t row = 0; row < scored.rows(); ++row) {
    const RowScore& score = scored.scores[static_cast<size_t>(row)];
    is_new = is_new || data::begins_series(scored.series, static_cast<size_t>(row));
    if (scored.is_scored[static_cast<size_t>(row)] == 0 || score.p_value > p_value) continue;
    const bool begins = is_new || row - intervals.back().last > join + 1;
    is_new = false;
    if (begins) {
      intervals.push_back({.first = row, .last = row, .score = score.score, .p_value = score.p_value, .channels = {}});
      continue;
    }
    OddInterval& last = intervals.back();
    last.last = row;
    if (score.score > last.score) last.score = score.score, last.p_value = score.p_value;
  }
  for (OddInterval& interval : intervals) interval.channels = odd_channels(scored, interval, channels);
  return intervals;
}

std::string scores_heading(const std::vector<std::string>& columns, const std::vector<std::string>& channels) {
  std::string line = "index,";
  for (const std::string& name : columns) line += csv_name(name) + ",";
  line += "score,p_value";
  for (const std::string_view name : kWindowMeasures) line += fmt::format(",{}", name);
  for (const std::string& channel : channels) line.append(1, ',').append(csv_name("deviation " + channel));
  return line + "\n";
}

std::string scores_line(int64_t index, const std::vector<std::string>& cells, const RowScore* score, size_t channels) {
  std::string line = fmt::format("{},", index);
  for (const std::string& cell : cells) line += csv_cell(cell) + ",";
  if (score == nullptr) return line + std::string(1 + kMeasures + channels, ',') + "\n";
  line += fmt::format("{:.6g},{:.4g}", score->score, score->p_value);
  for (const double value : score->measures) line += fmt::format(",{:.6g}", value);
  for (const float value : score->deviations) line += fmt::format(",{:.5g}", value);
  return line + "\n";
}

void write_row_scores(const ResultFile& file, const ScoredRows& scored, const std::vector<std::string>& channels) {
  replace_file(file.path, [&](Sink& sink) {
    std::vector<std::string> columns;
    for (const std::string& name : {scored.series_column, scored.time_column}) {
      if (!name.empty()) columns.push_back(name);
    }
    sink.write(scores_heading(columns, channels));
    std::vector<int64_t> order(scored.scores.size());
    for (size_t i = 0; i < order.size(); ++i)
      order[static_cast<size_t>(scored.table_row(static_cast<int64_t>(i)))] = static_cast<int64_t>(i);
    for (size_t row = 0; row < order.size(); ++row) {
      const auto at = static_cast<size_t>(order[row]);
      std::vector<std::string> cells;
      if (!scored.series.empty()) cells.push_back(scored.series[at]);
      if (!scored.stamps.empty()) cells.push_back(scored.stamps[at]);
      sink.write(scores_line(static_cast<int64_t>(row), cells, scored.is_scored[at] != 0 ? &scored.scores[at] : nullptr,
                             channels.size()));
    }
  });
}

void write_intervals(const ResultFile& file, const ScoredRows& scored, const std::vector<OddInterval>& intervals) {
  replace_file(file.path, [&](Sink& sink) {
    CsvWriter out(sink);
    const bool has_time = !scored.stamps.empty();
    if (!scored.series.empty()) out.name(scored.series_column);
    for (const char* name : {"start", "end", "first_row", "last_row", "score", "p_value", "columns"}) out.name(name);
    out.end_row();
    const auto stamp = [&](int64_t row) {
      return has_time ? scored.stamps[static_cast<size_t>(row)] : fmt::format("{}", scored.table_row(row));
    };
    for (const OddInterval& interval : intervals) {
      if (!scored.series.empty()) out.cell(scored.series[static_cast<size_t>(interval.first)]);
      out.cell(stamp(interval.first)).cell(stamp(interval.last));
      out.cell(scored.table_row(interval.first)).cell(scored.table_row(interval.last));
      out.cell(interval.score).cell(interval.p_value).cell(fmt::format("{}", fmt::join(interval.channels, " ")));
      out.end_row();
    }
  });
}

std::string write_score_plot(const ResultFile& file, const ScoredRows& scored, const std::vector<std::string>& channels,
                             const std::vector<OddInterval>& intervals) {
  constexpr int64_t kWidth = 1200, kHeight = 190;
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  std::vector<report::MarkedSpan> spans;
  for (const OddInterval& one : intervals) {
    spans.push_back({static_cast<double>(one.first), static_cast<double>(one.last)});
  }
  const auto count = static_cast<size_t>(scored.rows());
  std::vector<double> rows(count), score(count);
  for (size_t i = 0; i < count; ++i) {
    rows[i] = static_cast<double>(i);
    score[i] = scored.is_scored[i] != 0 ? scored.scores[i].score : kMissing;
  }
  std::vector<Tensor> pictures;
  const size_t shown = std::min(channels.size(), static_cast<size_t>(kMostPlotted));
  for (size_t c = 0; c < shown; ++c) {
    const auto begin = scored.values.begin() + static_cast<std::ptrdiff_t>(c * count);
    std::vector<double> values(begin, begin + static_cast<std::ptrdiff_t>(count));
    pictures.push_back(report::marked_line_chart({{"", rows, values}}, spans,
                                                 {.title = one_line(channels[c]), .width = kWidth, .height = kHeight}));
  }
  pictures.push_back(report::marked_line_chart(
      {{"", rows, score}}, spans,
      {.title =
           fmt::format("score, and the {} in which it is odd", counted(static_cast<int64_t>(spans.size()), "interval")),
       .x_label = scored.table_rows.empty() ? "row" : "row, series after series",
       .width = kWidth,
       .height = kHeight + 30}));
  write_png(file.path, report::stacked_pictures(pictures));
  return shown < channels.size() ? fmt::format("the first {} of {} columns", shown, channels.size()) : "";
}

}  // namespace latent

#include <latent/run/series/training_windows.hpp>

#include <latent/core/error.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

// Windows by the steps at which they end.
struct RowWindows {
  std::vector<float> values;
  std::vector<int64_t> ends;
  Tensor take(const FeedOptions& feed) {
    Tensor windows = Tensor::empty({static_cast<int64_t>(ends.size()), feed.channels, feed.window});
    std::ranges::copy(values, windows.data<float>());
    values = {};
    return windows;
  }
};

// Calls use(end, window) for each row at which a window ends.
template <class Use>
void each_window(const data::SeriesRows& rows, const FeedOptions& options, const Use& use) {
  WindowFeed feed(options);
  const int64_t C = rows.x.dim(0), T = rows.x.dim(1);
  std::vector<float> window(static_cast<size_t>(options.channels * options.window));
  std::vector<double> values(static_cast<size_t>(C));
  size_t part = 0;
  for (int64_t t = 0; t < T; ++t) {
    if (part < rows.part_begins.size() && rows.part_begins[part] == t) {
      feed = WindowFeed(options);
      ++part;
    }
    for (int64_t c = 0; c < C; ++c) values[static_cast<size_t>(c)] = rows.x.data<double>()[c * T + t];
    if (feed.add(std::nullopt, values, window) && rows.row_of[static_cast<size_t>(t)] >= 0) use(t, window);
  }
}

// The windows of the training and those held out, as steps: the first of the latter begins at `held_out`.
int64_t first_held_out(const data::SeriesRows& rows, const DataRecord& record) {
  const data::SeriesOptions& series = record.open.series;
  const data::GapFill filled = data::fill_gaps(rows.x, rows.part_begins, series.max_gap);
  const data::WindowPlan plan = data::plan_windows(filled.stretches, series.window, series.step);
  if (record.held_out.fraction == 0.0) return rows.x.dim(1);
  const data::TimeSplit split = data::split_windows(plan.starts, plan.length, record.held_out.fraction);
  return plan.starts[plan.starts.size() - static_cast<size_t>(split.held_out)];
}

struct FoundRows {
  std::string source;
  data::SeriesRows rows;
};
FoundRows rows_of_training(const Run& run, const std::string& training_data) {
  if (run.kind() != data::Kind::series || !run.data || run.data->format != "csv") {
    throw UsageError(fmt::format("{}: was not trained on rows in time", run.path.string()),
                     "Scores over time need a run of latent train TABLE.csv --window STEPS.");
  }
  const RunSource own(run, training_data);
  if (!own.is_trained_on()) {
    throw UsageError(fmt::format("{}: is not the data that {} was trained on", own.name(), run.path.string()),
                     "Scores need the training samples: --training-data says where they are now.");
  }
  return {own.name(), data::read_series_rows(own.name(), row_options(run))};
}

}  // namespace

data::OpenOptions row_options(const Run& run) {
  data::OpenOptions open = run.data->open;
  open.column_names = run.data->column_names;
  if (!open.label_column.empty()) open.drop.push_back(open.label_column);
  open.label_column.clear();
  return open;
}

TrainingWindows training_windows(const Run& run, const std::string& training_data, int64_t most) {
  const auto [source, rows] = rows_of_training(run, training_data);
  const int64_t L = run.data->open.series.window, T = rows.x.dim(1);
  TrainingWindows result{.source = source,
                         .feed = {.channels = rows.x.dim(0),
                                  .window = L,
                                  .max_gap = run.data->open.series.max_gap,
                                  .step_seconds = rows.step_seconds,
                                  .date_order = rows.date_order,
                                  .transform = run.transform()},
                         .channels = rows.channels,
                         .time_column = rows.time_column,
                         .series_column = rows.series_column,
                         .clock_column = rows.clock_column,
                         .training = {},
                         .held_out = {},
                         .training_ends = {},
                         .held_out_ends = {}};
  const int64_t held_out = first_held_out(rows, *run.data);
  const int64_t stride = std::max<int64_t>(1, (held_out + most - 1) / most);
  RowWindows training, later;
  each_window(rows, result.feed, [&](int64_t end, const std::vector<float>& window) {
    const bool is_training = end < held_out, is_later = end - L + 1 >= held_out && end >= T - most;
    if (!(is_training && end % stride == 0) && !is_later) return;
    RowWindows& part = is_training ? training : later;
    part.values.insert(part.values.end(), window.begin(), window.end());
    part.ends.push_back(end);
  });
  if (training.ends.empty()) throw UsageError(fmt::format("{}: no window to compare with", run.path.string()));
  result.training_ends = training.ends;
  result.held_out_ends = later.ends;
  result.training = training.take(result.feed);
  if (!later.ends.empty()) result.held_out = later.take(result.feed);
  return result;
}

}  // namespace latent

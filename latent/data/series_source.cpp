#include <latent/core/text.hpp>
#include <latent/data/labels.hpp>
#include <latent/data/series_rows.hpp>
#include <latent/data/sources.hpp>
#include <latent/data/split.hpp>
#include <latent/data/standardize.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent::data {

namespace {

void check_series_options(const std::string& name, const OpenOptions& options) {
  LATENT_CHECK(!options.size && !options.grayscale, "{}: series are no images that could be resized or made grey",
               name);
  LATENT_CHECK(!options.binarize && !options.drawn_bits, "{}: series are standardised, and no bits can be made of them",
               name);
  const SeriesOptions& series = options.series;
  LATENT_CHECK(series.window >= kWholeSeries && series.step >= 0 && series.max_gap >= 0,
               "{}: windows of {} steps, {} apart, over gaps of {}", name, series.window, series.step, series.max_gap);
}

// Whether an array of three dimensions is (N, T, C), steps before channels: as the model's number of channels says,
// else by the rule of channel_dimension().
bool has_steps_first(const Shape& shape, const OpenOptions& options) {
  if (options.transform) {
    const auto channels = static_cast<int64_t>(options.transform->shift.size());
    return shape[2] == channels && shape[1] != channels;
  }
  return channel_dimension(shape, /*channels_last=*/false) == 2 || (shape[2] == 1 && shape[1] > 1);
}

// (N, T, C) as (N, C, T).
Tensor channels_before_steps(const Tensor& x) {
  const int64_t N = x.dim(0), T = x.dim(1), C = x.dim(2);
  Tensor turned = Tensor::empty({N, C, T}, DType::f64);
  for (int64_t n = 0; n < N; ++n) {
    const double* from = x.data<double>() + n * T * C;
    double* to = turned.data<double>() + n * T * C;
    for (int64_t c = 0; c < C; ++c) {
      for (int64_t t = 0; t < T; ++t) *to++ = from[t * C + c];
    }
  }
  return turned;
}

// (N, C, L) from an array as it is stored.
// @param may_turn  whether its steps may stand before its channels
Tensor as_series(const ArrayPart& part, const OpenOptions& options, bool may_turn, std::vector<std::string>& notes) {
  const SeriesOptions& series = options.series;
  Tensor x = part.x.to(DType::f64);
  const auto refuse = [&](const char* what) {
    throw DataError(part.path, fmt::format("{}, got an array {}", what, x.shape().str()));
  };
  if (x.numel() == 0) throw DataError(part.path, fmt::format("the array {} has no values", x.shape().str()));
  if (x.ndim() == 3) {
    if (!may_turn || !has_steps_first(x.shape(), options)) return x;
    notes.push_back(fmt::format("the array {} was read as series of {} of {}", x.shape().str(),
                                counted(x.dim(1), "step"), counted(x.dim(2), "channel")));
    return channels_before_steps(x);
  }
  if (x.ndim() == 1) return x.view_as({1, 1, x.dim(0)});
  if (x.ndim() != 2) refuse("expected series (T), (T, C) or (N, C, L)");
  if (series.window == kWholeSeries || series.window == 0) return x.view_as({x.dim(0), 1, x.dim(1)});
  const int64_t T = x.dim(0), C = x.dim(1);
  if (T < C) refuse("expected steps before channels, (T, C) with T > C");
  notes.push_back(
      fmt::format("the array {} was read as {} of {}", x.shape().str(), counted(T, "step"), counted(C, "channel")));
  return channels_before_steps(x.view_as({1, T, C}));
}

void refuse_infinite(const Tensor& x, const std::string& path) {
  const auto values = x.span<double>();
  constexpr double kLargest = 1e38;  // of single precision
  const auto bad = std::ranges::find_if(values, [](double v) { return std::abs(v) > kLargest; });
  if (bad == values.end()) return;
  throw DataError(path, fmt::format("value {} is infinite or too large", bad - values.begin()));
}

// Series one after the other (C, N L), each a part of its own.
struct Joined {
  Tensor x;
  std::vector<int64_t> part_begins;
};
Joined joined(const Tensor& series) {
  const int64_t N = series.dim(0), C = series.dim(1), L = series.dim(2);
  Joined result{Tensor::empty({C, N * L}, DType::f64), {}};
  for (int64_t n = 0; n < N; ++n) {
    result.part_begins.push_back(n * L);
    for (int64_t c = 0; c < C; ++c) {
      std::copy_n(series.data<double>() + (n * C + c) * L, L, result.x.data<double>() + c * N * L + n * L);
    }
  }
  return result;
}

// What to do where gaps leave no window; empty where there are none.
std::string longest_stretch(const Stretches& stretches) {
  if (stretches.begins.size() < 2) return "";
  int64_t longest = 0;
  for (size_t i = 0; i < stretches.begins.size(); ++i) {
    longest = std::max(longest, stretches.ends[i] - stretches.begins[i]);
  }
  return fmt::format(
      " between their gaps: the longest piece has {} (--window makes windows shorter, --max-gap fills longer gaps)",
      longest);
}

void note_gaps(const GapFill& filled, const std::string& of, std::vector<std::string>& notes) {
  if (filled.filled > 0) {
    notes.push_back(
        fmt::format("{}{} drawn as a line between the values around", counted(filled.filled, "missing value"), of));
  }
  if (filled.left_out > 0) {
    notes.push_back(
        fmt::format("{}{} left out with the windows that would hold them: too many missing values in a row "
                    "(--max-gap)",
                    counted(filled.left_out, "step"), of));
  }
}

void warn_of_constants(const Stretches& stretches, const Transform& transform, Source& source) {
  const int64_t C = stretches.x.dim(0);
  std::string names;
  int64_t count = 0;
  for (int64_t c = 0; c < C; ++c) {
    const auto i = static_cast<size_t>(c);
    if (transform.scale[i] != 1.0) continue;
    const double* x = stretches.x.data<double>() + c * stretches.x.dim(1);
    // A standard deviation of exactly 1 is not that of a constant.
    const double value = stretches.begins.empty() ? 0.0 : x[stretches.begins.front()];
    if (std::abs(value - transform.shift[i]) > 1e-9 * std::max(1.0, std::abs(value))) continue;
    names += fmt::format("{}'{}'", count == 0 ? "" : ", ",
                         stretches.channels.empty() ? fmt::format("channel {}", c) : stretches.channels[i]);
    ++count;
  }
  if (count == 0) return;
  source.warnings.push_back(fmt::format("{} constant in the training part, which says nothing: {}",
                                        count == 1 ? "1 channel is" : fmt::format("{} channels are", count), names));
}

// The windows that statistics may look at.
std::vector<int64_t> seen_in_training(const WindowPlan& plan, bool overlap, bool has_test, const OpenOptions& options) {
  const auto n = static_cast<int64_t>(plan.starts.size());
  std::vector<int64_t> windows;
  if (overlap && options.held_out > 0.0 && !has_test && n >= 2) {
    windows.resize(static_cast<size_t>(split_windows(plan.starts, plan.length, options.held_out).train));
    std::iota(windows.begin(), windows.end(), 0);
    return windows;
  }
  windows = statistics_rows(n, has_test, options);
  if (windows.empty()) {
    windows.resize(static_cast<size_t>(n));
    std::iota(windows.begin(), windows.end(), 0);
  }
  return windows;
}

Transform series_transform(const Stretches& stretches, const WindowPlan& plan, bool overlap, bool has_test,
                           const std::string& name, const OpenOptions& options) {
  const auto C = static_cast<size_t>(stretches.x.dim(0));
  if (!options.transform) {
    return channel_transform(stretches, plan, seen_in_training(plan, overlap, has_test, options));
  }
  LATENT_CHECK(options.transform->shift.size() == C, "{}: {}, but the model was trained on {}", name,
               counted(static_cast<int64_t>(C), "channel"),
               options.transform->shift.empty() ? "other data" : fmt::format("{}", options.transform->shift.size()));
  return *options.transform;
}

// One part on its way to a dataset.
struct PartPlan {
  Stretches stretches;
  WindowPlan plan;
  std::vector<int64_t> labels;
  std::vector<std::string> begins;
  bool overlap = false;
};

// Where windows of series begin that stand one after the other: the step, behind the series' number if there are many.
std::vector<std::string> begins_in_arrays(const WindowPlan& plan, int64_t series, int64_t steps) {
  std::vector<std::string> begins;
  for (const int64_t start : plan.starts) {
    begins.push_back(series == 1 ? fmt::format("{}", start) : fmt::format("{}:{}", start / steps, start % steps));
  }
  return begins;
}

// The first row of each window, by its stamp or else its number. A window may begin at a step that the table lacks.
std::vector<std::string> begins_in_rows(const WindowPlan& plan, const SeriesRows& rows) {
  std::vector<std::string> begins;
  for (const int64_t start : plan.starts) {
    int64_t step = start;
    while (rows.row_of[static_cast<size_t>(step)] < 0) ++step;
    const int64_t row = rows.row_of[static_cast<size_t>(step)];
    const auto at = static_cast<size_t>(row);
    const int64_t number = rows.table_rows.empty() ? row : rows.table_rows[at];
    const std::string begin = rows.stamps.empty() ? fmt::format("{}", number) : rows.stamps[at];
    begins.push_back(rows.series.empty() ? begin : fmt::format("{} {}", rows.series[at], begin));
  }
  return begins;
}

PartPlan plan_part(const ArrayPart& part, const OpenOptions& options, bool may_turn, std::vector<std::string>& notes) {
  const Tensor series = as_series(part, options, may_turn, notes);
  refuse_infinite(series, part.path);
  const int64_t N = series.dim(0), L = series.dim(2);
  const bool whole = options.series.window == kWholeSeries || options.series.window == 0;
  const int64_t length = whole ? L : options.series.window;
  if (L < length) {
    throw DataError(part.path, fmt::format("series of {} hold no window of {}", counted(L, "step"), length));
  }
  const Joined rows = joined(series);
  GapFill filled = fill_gaps(rows.x, rows.part_begins, options.series.max_gap);
  note_gaps(filled, "", notes);
  PartPlan result{.stretches = std::move(filled.stretches), .plan = {}, .labels = {}, .begins = {}};
  result.plan = plan_windows(result.stretches, length, options.series.step);
  if (result.plan.starts.empty()) {
    throw DataError(part.path, fmt::format("no window of {} steps without long gaps of missing values", length));
  }
  result.overlap = N == 1 || length < L;
  if (length < L) result.begins = begins_in_arrays(result.plan, N, L);
  for (const int64_t start : result.plan.starts) {
    if (!part.labels.empty()) result.labels.push_back(part.labels[static_cast<size_t>(start / L)]);
  }
  return result;
}

void note_step(const WindowPlan& plan, const SeriesOptions& series, std::vector<std::string>& notes) {
  if (series.step != 0 || plan.step == 1) return;
  notes.push_back(fmt::format("windows begin every {} steps, which leaves {}; --window-step says otherwise", plan.step,
                              grouped(static_cast<int64_t>(plan.starts.size()))));
}

}  // namespace

Source series_source(ArrayParts parts, const OpenOptions& options) {
  check_series_options(parts.name, options);
  LATENT_CHECK(options.label_column.empty(), "{}: only tables have a label column", parts.name);
  Source source{parts.name, parts.format, nullptr, nullptr, {}, std::move(parts.notes)};
  const std::vector<std::string> classes = number_classes(parts);
  const bool may_turn = parts.format != "ts";  // which says itself what is what
  PartPlan train = plan_part(parts.train, options, may_turn, source.notes);
  std::optional<PartPlan> test;
  if (parts.test) test = plan_part(*parts.test, options, may_turn, source.notes);
  if (test && (test->stretches.x.dim(0) != train.stretches.x.dim(0) || test->plan.length != train.plan.length)) {
    throw DataError(parts.test->path, fmt::format("the training part has samples ({}, {}), the test part ({}, {})",
                                                  train.stretches.x.dim(0), train.plan.length, test->stretches.x.dim(0),
                                                  test->plan.length));
  }
  note_step(train.plan, options.series, source.notes);
  source.transform =
      series_transform(train.stretches, train.plan, train.overlap, test.has_value(), parts.train.path, options);
  if (!options.transform) warn_of_constants(train.stretches, source.transform, source);
  const auto dataset = [&](PartPlan& part) {
    return series_dataset(std::move(part.stretches), std::move(part.plan),
                          {source.transform, std::move(part.labels), classes, part.overlap, std::move(part.begins)});
  };
  source.train = dataset(train);
  if (test) source.test = dataset(*test);
  return source;
}

Source open_series_table(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  check_series_options(name, options);
  LATENT_CHECK(options.series.window != kWholeSeries,
               "{}: rows of a table follow each other in time: --window takes a number of steps", name);
  SeriesRows rows = read_series_rows(file, options);
  Source source{name, "csv", nullptr, nullptr, {}, std::move(rows.notes), std::move(rows.warnings)};
  source.dropped = rows.dropped;
  source.time_column = rows.time_column;
  source.step_seconds = rows.step_seconds;
  GapFill filled = fill_gaps(rows.x, rows.part_begins, options.series.max_gap);
  note_gaps(filled, "", source.notes);
  filled.stretches.channels = rows.channels;
  const int64_t length = options.series.window;
  WindowPlan plan = plan_windows(filled.stretches, length, options.series.step);
  if (plan.starts.empty()) {
    throw DataError(file.path, fmt::format("{} hold no window of {} steps{}",
                                           counted(static_cast<int64_t>(rows.row_of.size()), "row"), length,
                                           longest_stretch(filled.stretches)));
  }
  note_step(plan, options.series, source.notes);
  source.transform = series_transform(filled.stretches, plan, /*overlap=*/true, /*has_test=*/false, file.path, options);
  if (!options.transform) warn_of_constants(filled.stretches, source.transform, source);
  std::vector<int64_t> labels;
  for (const int64_t start : plan.starts) {
    if (rows.labels.empty()) break;
    int64_t last = start + length - 1;  // the class of the last row in the window
    while (rows.row_of[static_cast<size_t>(last)] < 0) --last;
    labels.push_back(rows.labels[static_cast<size_t>(rows.row_of[static_cast<size_t>(last)])]);
  }
  std::vector<std::string> begins = begins_in_rows(plan, rows);
  source.train = series_dataset(
      std::move(filled.stretches), std::move(plan),
      {source.transform, std::move(labels), std::move(rows.class_names), /*overlap=*/true, std::move(begins)});
  return source;
}

}  // namespace latent::data

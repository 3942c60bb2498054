#include <latent/data/series_dataset.hpp>

#include <latent/core/threads.hpp>
#include <latent/data/array_dataset.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent::data {

namespace {

class SeriesDataset final : public Dataset {
 public:
  SeriesDataset(Stretches stretches, WindowPlan plan, SeriesDatasetOptions options)
      : stretches_(std::move(stretches)), plan_(std::move(plan)), options_(std::move(options)) {
    check_labels("series", size(), options_.labels, options_.class_names);
    LATENT_CHECK(options_.begins.empty() || options_.begins.size() == plan_.starts.size(),
                 "[series] {} names for {} windows", options_.begins.size(), plan_.starts.size());
    LATENT_CHECK(static_cast<int64_t>(options_.transform.shift.size()) == channels(),
                 "[series] a standardisation of {} channels for {}", options_.transform.shift.size(), channels());
  }

  int64_t size() const override { return static_cast<int64_t>(plan_.starts.size()); }
  Shape sample_shape() const override { return {channels(), plan_.length}; }
  Kind kind() const override { return Kind::series; }
  DType stored_dtype() const override { return DType::f64; }
  bool is_standardised() const override { return true; }
  std::span<const int64_t> labels() const override { return options_.labels; }
  std::span<const std::string> class_names() const override { return options_.class_names; }
  std::span<const std::string> column_names() const override { return stretches_.channels; }
  Storage storage() const override { return {static_cast<int64_t>(stretches_.x.nbytes()), false}; }
  bool has_sample_names() const override { return !options_.begins.empty(); }
  std::string sample_name(int64_t i) const override {
    return has_sample_names() ? options_.begins[static_cast<size_t>(i)] : std::string();
  }
  std::optional<TimeSplit> split_in_time(double held_out) const override {
    if (!options_.overlap) return std::nullopt;
    return split_windows(plan_.starts, plan_.length, held_out);
  }

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    read(indices, out, [this](double value, size_t channel) {
      return static_cast<float>((value - options_.transform.shift[channel]) * options_.transform.scale[channel]);
    });
  }
  bool gather_stored(std::span<const int64_t> indices, std::span<double> out) const override {
    read(indices, out, [](double value, size_t) { return value; });
    return true;
  }

 private:
  int64_t channels() const { return stretches_.x.dim(0); }

  template <class T, class Convert>
  void read(std::span<const int64_t> indices, std::span<T> out, const Convert& convert) const {
    constexpr int64_t kValuesAtOnce = int64_t{1} << 15;
    const int64_t C = channels(), L = plan_.length, steps = stretches_.x.dim(1);
    LATENT_CHECK(static_cast<int64_t>(out.size()) == static_cast<int64_t>(indices.size()) * C * L,
                 "[gather] {} samples of {} values into {} places", indices.size(), C * L, out.size());
    for (const int64_t index : indices) {
      LATENT_CHECK(0 <= index && index < size(), "[gather] sample {} of {}", index, size());
    }
    const double* x = stretches_.x.template data<double>();
    parallel_for(static_cast<int64_t>(indices.size()), std::max<int64_t>(1, kValuesAtOnce / (C * L)),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; ++i) {
                     const int64_t start = plan_.starts[static_cast<size_t>(indices[static_cast<size_t>(i)])];
                     for (int64_t c = 0; c < C; ++c) {
                       const double* from = x + c * steps + start;
                       auto* to = out.data() + (i * C + c) * L;
                       for (int64_t t = 0; t < L; ++t) to[t] = convert(from[t], static_cast<size_t>(c));
                     }
                   }
                 });
  }

  Stretches stretches_;
  WindowPlan plan_;
  SeriesDatasetOptions options_;
};

}  // namespace

WindowPlan plan_windows(const Stretches& stretches, int64_t length, int64_t step) {
  int64_t all = 0;
  for (size_t s = 0; s < stretches.begins.size(); ++s) {
    all += std::max<int64_t>(0, stretches.ends[s] - stretches.begins[s] - length + 1);
  }
  WindowPlan plan{.length = length, .step = step, .starts = {}, .stretch_of = {}};
  if (step == 0) plan.step = std::max<int64_t>(1, (all + WindowPlan::kMostWindows - 1) / WindowPlan::kMostWindows);
  for (size_t s = 0; s < stretches.begins.size(); ++s) {
    for (int64_t start = stretches.begins[s]; start + length <= stretches.ends[s]; start += plan.step) {
      plan.starts.push_back(start);
      plan.stretch_of.push_back(static_cast<int64_t>(s));
    }
  }
  return plan;
}

TimeSplit split_windows(const std::vector<int64_t>& starts, int64_t length, double held_out) {
  const auto n = static_cast<int64_t>(starts.size());
  LATENT_CHECK(n >= 2, "[split] cannot hold out a part of {} window", n);
  const int64_t count = std::clamp<int64_t>(std::llround(held_out * static_cast<double>(n)), 1, n - 1);
  const int64_t first = starts[static_cast<size_t>(n - count)];
  const int64_t train = std::upper_bound(starts.begin(), starts.end(), first - length) - starts.begin();
  LATENT_CHECK(train > 0,
               "the series are too short to hold a part out: every window of {} steps shares values with the last {} "
               "windows; use shorter windows, or --validation 0",
               length, count);
  return {train, count};
}

Transform channel_transform(const Stretches& stretches, const WindowPlan& plan, const std::vector<int64_t>& windows) {
  const int64_t C = stretches.x.dim(0), T = stretches.x.dim(1);
  std::vector<uint8_t> covered(static_cast<size_t>(T), 0);
  int64_t next = 0;  // windows ascend: no step is marked twice
  for (const int64_t window : windows) {
    const int64_t start = plan.starts[static_cast<size_t>(window)];
    for (int64_t t = std::max(start, next); t < start + plan.length; ++t) covered[static_cast<size_t>(t)] = 1;
    next = start + plan.length;
  }
  Transform transform;
  for (int64_t c = 0; c < C; ++c) {
    const double* x = stretches.x.data<double>() + c * T;
    // From the first value on, so that what is constant has a deviation of 0, however large it is.
    double first = 0.0, sum = 0.0, count = 0.0, squares = 0.0;
    for (int64_t t = 0; t < T; ++t) {
      if (covered[static_cast<size_t>(t)] == 0) continue;
      if (count == 0.0) first = x[t];
      sum += x[t] - first;
      count += 1.0;
    }
    const double beyond = sum / std::max(count, 1.0), mean = first + beyond;
    for (int64_t t = 0; t < T; ++t) {
      if (covered[static_cast<size_t>(t)] != 0) squares += (x[t] - first - beyond) * (x[t] - first - beyond);
    }
    const double deviation = std::sqrt(squares / std::max(count, 1.0));
    constexpr double kRounding = 4.0 * std::numeric_limits<double>::epsilon();
    const bool is_constant = !(deviation > kRounding * std::max(std::abs(mean), 1e-300));
    transform.shift.push_back(mean);
    transform.scale.push_back(is_constant ? 1.0 : 1.0 / deviation);
  }
  return transform;
}

std::shared_ptr<const Dataset> series_dataset(Stretches stretches, WindowPlan plan, SeriesDatasetOptions options) {
  return std::make_shared<SeriesDataset>(std::move(stretches), std::move(plan), std::move(options));
}

}  // namespace latent::data

#include <latent/run/series/series_scorer.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/error.hpp>
#include <latent/core/threads.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/series/detail/normal_scores.hpp>
#include <latent/run/series/training_windows.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace latent {

namespace {

constexpr size_t kHistory = static_cast<size_t>(WindowMeasure::history);
constexpr int64_t kRecentPart = 4;  // of a window is its recent end

// What the model makes of windows.
struct Modelled {
  Tensor codes;  // (N, D)
  Tensor x_hat;  // (N, C, L)
};

Modelled model_windows(const LatentModel& model, const Tensor& windows) {
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  const int64_t N = windows.dim(0), at_once = samples_at_once(model.data_shape(), 256);
  Modelled result{Tensor::empty({N, model.latent_dim()}), Tensor::empty(windows.shape())};
  for (int64_t begin = 0; begin < N; begin += at_once) {
    const int64_t end = std::min(begin + at_once, N);
    const Tensor mu = model.encode(windows.rows(begin, end))->mean();
    result.codes.rows(begin, end).copy_from(mu);
    result.x_hat.rows(begin, end).copy_from(model.decode(mu)->mean());
  }
  return result;
}

// The last quarter of each channel of a window.
std::vector<float> recent_of(std::span<const float> window, int64_t C, int64_t L) {
  const int64_t part = std::max<int64_t>(1, L / kRecentPart);
  std::vector<float> recent;
  recent.reserve(static_cast<size_t>(C * part));
  for (int64_t c = 0; c < C; ++c) {
    const auto end = window.begin() + (c + 1) * L;
    recent.insert(recent.end(), end - part, end);
  }
  return recent;
}

// How a measure becomes comparable with others.
struct Comparable {
  double floor = 0.0, median = 0.0, spread = 1.0;

  static Comparable from(std::vector<double> values) {
    constexpr double kFloor = 0.05, kLeastSpread = 0.1, kUpper = 0.84;
    std::erase_if(values, [](double v) { return !std::isfinite(v); });
    if (values.empty()) return {.floor = 1.0};
    std::ranges::sort(values);
    const auto at = [&](double q) { return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))]; };
    Comparable result;
    result.floor = std::max(kFloor * at(0.5), 1e-6);
    result.median = std::log(at(0.5) + result.floor);
    result.spread = std::max(kLeastSpread, std::log(at(kUpper) + result.floor) - result.median);
    return result;
  }
  double operator()(double value) const {
    constexpr double kMost = 1e6;
    if (!std::isfinite(value)) return 0.0;  // there is nothing to compare with
    return (std::log(std::min(value, kMost) + floor) - median) / spread;
  }
};

}  // namespace

struct SeriesScorer::Impl {
  const LatentModel* model = nullptr;
  TrainingWindows data;
  std::optional<space::RecentRows> windows, recents, codes;
  std::vector<float> code_scale;  // one over the standard deviation of each dimension
  std::vector<float> usual;       // of each channel: root mean square of x - x_hat at the end of a window
  std::array<Comparable, kMeasures> comparable;
  NormalScores normal;
  std::vector<ScoreAt> training_scores;  // smoothed as those of a series

  int64_t C() const { return data.feed.channels; }
  int64_t L() const { return data.feed.window; }
  std::span<const float> window(const Tensor& of, int64_t n) const {
    return {of.data<float>() + n * C() * L(), static_cast<size_t>(C() * L())};
  }

  std::optional<Looked> learn();
  void learn_scales(const Looked& training);
  double combined(const std::array<double, kMeasures>& measures) const;
  void score_training(const std::array<std::vector<double>, kMeasures>& all, size_t count);
  Looked look(const Tensor& windows, std::vector<int64_t> own_ends) const;
  std::pair<int64_t, int64_t> overlapping(int64_t end) const;
  Looked judge(const Tensor& windows) const;
  void scale(Looked& looked) const;
  void compare(const Tensor& windows, Looked& looked) const;
  std::array<std::vector<double>, kMeasures> measures_of_training(const Looked& training) const;
};

// The numbers of the training's windows that share steps with the one that ends there.
std::pair<int64_t, int64_t> SeriesScorer::Impl::overlapping(int64_t end) const {
  const std::vector<int64_t>& ends = data.training_ends;
  const auto first = std::ranges::upper_bound(ends, end - L()), last = std::ranges::lower_bound(ends, end + L());
  return {first - ends.begin(), last - ends.begin()};
}

// What the model says of windows; codes and deviations are not scaled yet.
SeriesScorer::Looked SeriesScorer::Impl::judge(const Tensor& of) const {
  const int64_t N = of.dim(0);
  Looked looked;
  looked.measures.resize(static_cast<size_t>(N));
  const Modelled modelled = model_windows(*model, of);
  looked.codes = modelled.codes;
  looked.deviations = Tensor::empty({N, C()});
  for (int64_t n = 0; n < N; ++n) {
    const float* x = of.data<float>() + n * C() * L();
    const float* x_hat = modelled.x_hat.data<float>() + n * C() * L();
    double squares = 0.0;
    for (int64_t i = 0; i < C() * L(); ++i) squares += std::pow(double{x[i]} - double{x_hat[i]}, 2);
    looked.measures[static_cast<size_t>(n)][static_cast<size_t>(WindowMeasure::reconstruction)] =
        std::sqrt(squares / static_cast<double>(C() * L()));
    for (int64_t c = 0; c < C(); ++c) {
      looked.deviations.data<float>()[n * C() + c] = std::abs(x[(c + 1) * L() - 1] - x_hat[(c + 1) * L() - 1]);
    }
  }
  return looked;
}

void SeriesScorer::Impl::scale(Looked& looked) const {
  const int64_t N = looked.codes.dim(0), D = looked.codes.dim(1);
  for (int64_t n = 0; n < N; ++n) {
    float* code = looked.codes.data<float>() + n * D;
    for (int64_t d = 0; d < D; ++d) code[d] *= code_scale[static_cast<size_t>(d)];
    float* deviations = looked.deviations.data<float>() + n * C();
    for (int64_t c = 0; c < C(); ++c) deviations[c] /= usual[static_cast<size_t>(c)];
  }
}

void SeriesScorer::Impl::compare(const Tensor& of, Looked& looked) const {
  parallel_for(of.dim(0), 4, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      std::pair<int64_t, int64_t> skip{0, 0};
      if (!looked.own_ends.empty()) skip = overlapping(looked.own_ends[static_cast<size_t>(n)]);
      auto& measures = looked.measures[static_cast<size_t>(n)];
      const std::span<const float> x = window(of, n);
      measures[static_cast<size_t>(WindowMeasure::neighbors)] = windows->nearest(x, skip.first, skip.second).distance;
      measures[static_cast<size_t>(WindowMeasure::recent)] =
          recents->nearest(recent_of(x, C(), L()), skip.first, skip.second).distance;
      measures[kHistory] = std::numeric_limits<double>::infinity();
    }
  });
}

SeriesScorer::Looked SeriesScorer::Impl::look(const Tensor& of, std::vector<int64_t> own_ends) const {
  Looked looked = judge(of);
  scale(looked);
  looked.own_ends = std::move(own_ends);
  compare(of, looked);
  return looked;
}

std::array<std::vector<double>, kMeasures> SeriesScorer::Impl::measures_of_training(const Looked& training) const {
  std::array<std::vector<double>, kMeasures> all;
  const int64_t D = model->latent_dim();
  for (size_t n = 0; n < training.measures.size(); ++n) {
    for (size_t m = 0; m < kMeasures; ++m) all[m].push_back(training.measures[n][m]);
    const auto skip = overlapping(data.training_ends[n]);
    const std::span<const float> code(training.codes.data<float>() + static_cast<int64_t>(n) * D,
                                      static_cast<size_t>(D));
    all[kHistory].back() = codes->nearest(code, skip.first, skip.second).distance;
  }
  return all;
}

double SeriesScorer::Impl::combined(const std::array<double, kMeasures>& measures) const {
  constexpr double kLeast = -1.0;  // nothing is so usual that it makes up for what is odd
  double score = 0.0;
  for (size_t m = 0; m < kMeasures; ++m) {
    score += std::max(comparable[m](measures[m]), kLeast) / static_cast<double>(kMeasures);
  }
  return score;
}

// What windows of the training score beside those that share no step with them. They stand for normal rows at every
// time of a day or week, which what was held out may be too short for.
void SeriesScorer::Impl::score_training(const std::array<std::vector<double>, kMeasures>& all, size_t count) {
  double smooth = 0.0;
  for (size_t n = 0; n < count; ++n) {
    std::array<double, kMeasures> measures{};
    for (size_t m = 0; m < kMeasures; ++m) measures[m] = all[m][n];
    const int64_t apart = n == 0 ? 1 : data.training_ends[n] - data.training_ends[n - 1];
    smooth += (combined(measures) - smooth) * std::min(1.0, static_cast<double>(apart) / kSmoothing);
    if (std::isfinite(smooth)) training_scores.push_back({smooth, data.training_ends[n]});
  }
}

void SeriesScorer::Impl::learn_scales(const Looked& training) {
  const int64_t N = training.codes.dim(0), D = training.codes.dim(1);
  for (int64_t d = 0; d < D; ++d) {
    double sum = 0.0, squares = 0.0;
    for (int64_t n = 0; n < N; ++n) {
      const double value = training.codes.data<float>()[n * D + d];
      sum += value, squares += value * value;
    }
    const double mean = sum / static_cast<double>(N);
    const double deviation = std::sqrt(std::max(squares / static_cast<double>(N) - mean * mean, 0.0));
    code_scale.push_back(deviation > 1e-6 ? static_cast<float>(1.0 / deviation) : 0.0F);
  }
  for (int64_t c = 0; c < C(); ++c) {
    double squares = 0.0;
    for (int64_t n = 0; n < N; ++n) squares += std::pow(training.deviations.data<float>()[n * C() + c], 2);
    usual.push_back(static_cast<float>(std::max(std::sqrt(squares / static_cast<double>(N)), 1e-3)));
  }
}

// @return what was seen of the windows that were held out, if there are any
std::optional<SeriesScorer::Looked> SeriesScorer::Impl::learn() {
  const int64_t N = data.training.dim(0), D = model->latent_dim();
  windows.emplace(C() * L(), N);
  recents.emplace(C() * std::max<int64_t>(1, L() / kRecentPart), N);
  codes.emplace(D, kMostHistory);
  for (int64_t n = 0; n < N; ++n) {
    windows->add(window(data.training, n));
    recents->add(recent_of(window(data.training, n), C(), L()));
  }
  Looked training = judge(data.training);
  learn_scales(training);
  scale(training);
  training.own_ends = data.training_ends;
  compare(data.training, training);
  for (int64_t n = 0; n < N; ++n) {
    codes->add({training.codes.data<float>() + n * D, static_cast<size_t>(D)});
  }
  std::array<std::vector<double>, kMeasures> all = measures_of_training(training);
  std::optional<Looked> held_out;
  if (data.held_out.defined()) {
    held_out = look(data.held_out, {});
    for (const auto& measures : held_out->measures) {
      for (size_t m = 0; m < kMeasures; ++m) all[m].push_back(measures[m]);
    }
  }
  for (size_t m = 0; m < kMeasures; ++m) comparable[m] = Comparable::from(all[m]);
  score_training(all, static_cast<size_t>(N));
  return held_out;
}

SeriesScorer::SeriesScorer(const Run& run, const SeriesScorerOptions& options) : impl_(std::make_unique<Impl>()) {
  check_has_encoder(run);
  if (!run.model->has_decoder()) {
    throw UsageError(fmt::format("{}: the model has no decoder, by which rows could be judged", run.path.string()));
  }
  impl_->model = run.model.get();
  impl_->data = training_windows(run, options.training_data, kMostWindows);
  const std::optional<Looked> held_out = impl_->learn();
  std::vector<ScoreAt> scores = std::move(impl_->training_scores);
  if (held_out) {  // scored as a series of its own
    State state = begin();
    for (int64_t n = 0; n < held_out->codes.dim(0); ++n) {
      scores.push_back({next(state, *held_out, n).score, impl_->data.held_out_ends[static_cast<size_t>(n)]});
    }
  }
  impl_->normal = NormalScores(std::move(scores));
}

SeriesScorer::~SeriesScorer() = default;
SeriesScorer::SeriesScorer(SeriesScorer&&) noexcept = default;
SeriesScorer& SeriesScorer::operator=(SeriesScorer&&) noexcept = default;

const std::string& SeriesScorer::training_source() const { return impl_->data.source; }
const std::vector<std::string>& SeriesScorer::channels() const { return impl_->data.channels; }
const std::string& SeriesScorer::time_column() const { return impl_->data.time_column; }
const std::string& SeriesScorer::series_column() const { return impl_->data.series_column; }
const std::string& SeriesScorer::clock_column() const { return impl_->data.clock_column; }
FeedOptions SeriesScorer::feed_options() const { return impl_->data.feed; }
int64_t SeriesScorer::reference() const { return impl_->data.training.dim(0); }
int64_t SeriesScorer::calibration() const { return impl_->normal.size(); }

SeriesScorer::Looked SeriesScorer::look(const Tensor& windows, std::vector<int64_t> own_ends) const {
  const Shape expected = impl_->model->data_shape().prepend(windows.dim(0));
  LATENT_CHECK(windows.shape() == expected && windows.dtype() == DType::f32, "[look] windows {} expected, got {}",
               expected.str(), windows.shape().str());
  LATENT_CHECK(own_ends.empty() || static_cast<int64_t>(own_ends.size()) == windows.dim(0),
               "[look] {} ends of {} windows", own_ends.size(), windows.dim(0));
  return impl_->look(windows, std::move(own_ends));
}

SeriesScorer::State SeriesScorer::begin() const {
  return {std::make_unique<space::RecentRows>(*impl_->codes), {}, 0.0, 0};
}

RowScore SeriesScorer::next(State& state, const Looked& looked, int64_t n) const {
  const auto D = static_cast<size_t>(looked.codes.dim(1)), at = static_cast<size_t>(n);
  const float* code = looked.codes.data<float>() + at * D;
  RowScore row;
  row.measures = looked.measures[at];
  std::pair<int64_t, int64_t> skip{0, 0};  // codes of the training are the first of the history
  if (!looked.own_ends.empty()) skip = impl_->overlapping(looked.own_ends[at]);
  row.measures[kHistory] = state.history->nearest({code, D}, skip.first, skip.second).distance;
  state.smooth += (impl_->combined(row.measures) - state.smooth) / kSmoothing;
  row.score = state.smooth;
  // A score remembers its window, and before it for about twice kSmoothing rows.
  const int64_t memory = impl_->L() + static_cast<int64_t>(2.0 * kSmoothing);
  const bool is_own = !looked.own_ends.empty();
  row.p_value =
      impl_->normal.p_value(row.score, is_own ? std::pair(looked.own_ends[at] - memory, looked.own_ends[at] + memory)
                                              : std::pair<int64_t, int64_t>{});
  const int64_t C = impl_->C();
  row.deviations.assign(looked.deviations.data<float>() + n * C, looked.deviations.data<float>() + (n + 1) * C);
  // A code is remembered once no later window shares steps with it.
  state.waiting.emplace_back(code, code + D);
  ++state.rows;
  if (static_cast<int64_t>(state.waiting.size()) >= impl_->L()) {
    state.history->add(state.waiting.front());
    state.waiting.erase(state.waiting.begin());
  }
  return row;
}

}  // namespace latent

#include <latent/core/names.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/maps/detail/tsne_gradient.hpp>
#include <latent/space/maps/tsne.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace latent::space {

namespace {

constexpr std::array<std::string_view, 2> kInits = {"pca", "random"};
constexpr double kInitialSpread = 1e-4;

void check_codes(const char* function, const Tensor& codes) {
  LATENT_CHECK(codes.defined() && codes.ndim() == 2 && codes.dtype() == DType::f32 && codes.dim(1) > 0,
               "[{}] codes (N, D): expected f32, got {} {}", function,
               codes.defined() ? name_of(codes.dtype()) : "undefined", codes.defined() ? codes.shape().str() : "");
  const std::span<const float> values = codes.span<float>();
  const auto bad = std::find_if_not(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  LATENT_CHECK(bad == values.end(), "[{}] codes: expected finite values, got {} in row {}", function, *bad,
               (bad - values.begin()) / codes.dim(1));
  const float limit = largest_code(codes.dim(1));
  const auto large = std::find_if(values.begin(), values.end(), [&](float v) { return std::abs(v) > limit; });
  LATENT_CHECK(large == values.end(),
               "[{}] codes: expected values up to {:.2g}, as f32 cannot hold distances between larger ones, got {:.2g} "
               "in row {}: divide all by one number",
               function, limit, *large, (large - values.begin()) / codes.dim(1));
}

void check_options(const Tensor& codes, const TsneOptions& o) {
  const int64_t N = codes.dim(0);
  LATENT_CHECK(N >= 2 && N <= std::numeric_limits<int32_t>::max(),
               "[make_tsne] codes: expected at least 2 rows, got {}", N);
  LATENT_CHECK(o.dims == 2 || o.dims == 3, "[make_tsne] dims: expected 2 or 3, got {}", o.dims);
  LATENT_CHECK(o.perplexity >= 1.0 && o.perplexity < static_cast<double>(N),
               "[make_tsne] perplexity: expected at least 1 and less than the number of codes, {}, got {}", N,
               o.perplexity);
  LATENT_CHECK(o.early_exaggeration >= 1.0 && std::isfinite(o.early_exaggeration),
               "[make_tsne] early_exaggeration: expected at least 1, got {}", o.early_exaggeration);
  LATENT_CHECK(o.steps >= 1, "[make_tsne] steps: expected at least 1, got {}", o.steps);
  LATENT_CHECK(o.exaggeration_steps >= 0, "[make_tsne] exaggeration_steps: expected at least 0, got {}",
               o.exaggeration_steps);
  LATENT_CHECK(!o.learning_rate || (*o.learning_rate > 0.0 && std::isfinite(*o.learning_rate)),
               "[make_tsne] learning_rate: expected more than 0, got {}", o.learning_rate.value_or(0.0));
  LATENT_CHECK(o.theta >= 0.0 && o.theta <= 1.0, "[make_tsne] theta: expected 0 to 1, got {}", o.theta);
}

double learning_rate_of(const TsneOptions& o, int64_t N) {
  return o.learning_rate.value_or(std::max(static_cast<double>(N) / o.early_exaggeration / 4.0, 50.0));
}

// Components that the codes do not have, and those of codes that are all equal, start at random.
std::vector<float> initial_places(const Tensor& codes, const TsneOptions& o) {
  const int64_t N = codes.dim(0);
  std::vector<float> y(static_cast<size_t>(N * o.dims));  // (N, dims)
  Rng(o.seed).normal(std::span(y));
  for (float& v : y) v *= static_cast<float>(kInitialSpread);
  if (o.init == TsneInit::random) return y;

  const int64_t dims = std::min({o.dims, N, codes.dim(1)});
  const Tensor projected = fit_pca(codes, {.dims = dims, .seed = o.seed}).project(codes);  // (N, dims); mean 0
  const auto* place = projected.data<float>();
  double square = 0.0;
  for (int64_t i = 0; i < N; ++i) square += std::pow(static_cast<double>(place[i * dims]), 2);
  const double spread = std::sqrt(square / static_cast<double>(N));
  if (!(spread > 0.0)) return y;
  for (int64_t i = 0; i < N; ++i) {
    for (int64_t k = 0; k < dims; ++k) {
      y[static_cast<size_t>(i * o.dims + k)] = static_cast<float>(place[i * dims + k] / spread * kInitialSpread);
    }
  }
  return y;
}

// Gradient descent with momentum, in which each coordinate has a gain of its own: larger as long as it goes on in one
// direction, smaller when it turns (Jacobs 1988).
class Descent {
 public:
  Descent(double learning_rate, size_t size)
      : learning_rate_(static_cast<float>(learning_rate)), velocity_(size, 0.0f), gain_(size, 1.0f) {}

  void forget() {
    std::fill(velocity_.begin(), velocity_.end(), 0.0f);
    std::fill(gain_.begin(), gain_.end(), 1.0f);
  }

  void step(double momentum, const std::vector<float>& gradient, std::vector<float>& y) {
    const auto m = static_cast<float>(momentum);
    parallel_for(static_cast<int64_t>(y.size()), int64_t{16} * 1024, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        const bool goes_on = velocity_[i] * gradient[i] < 0.0f;
        gain_[i] = std::max(goes_on ? gain_[i] + 0.2f : gain_[i] * 0.8f, kLeastGain);
        velocity_[i] = m * velocity_[i] - learning_rate_ * gain_[i] * gradient[i];
        y[i] += velocity_[i];
      }
    });
  }

 private:
  static constexpr float kLeastGain = 0.01f;
  float learning_rate_;
  std::vector<float> velocity_, gain_;
};

// For each row of p the places s_j, coordinate by coordinate, in the middle of the row's probability.
std::vector<float> weighted_medians(const Affinities& p, int dims, const float* s) {
  std::vector<float> y(static_cast<size_t>(p.rows() * dims));
  parallel_for(p.rows(), 64, [&](int64_t first, int64_t last) {
    std::vector<std::pair<float, float>> line;  // coordinate, probability
    for (int64_t i = first; i < last; ++i) {
      for (int k = 0; k < dims; ++k) {
        line.clear();
        for (int64_t at = p.begin[static_cast<size_t>(i)]; at < p.begin[static_cast<size_t>(i + 1)]; ++at) {
          const auto entry = static_cast<size_t>(at);
          line.emplace_back(s[int64_t{p.column[entry]} * dims + k], p.value[entry]);
        }
        std::sort(line.begin(), line.end());
        double below = 0.0;
        size_t middle = 0;
        while (middle + 1 < line.size() && (below += line[middle].second) < 0.5) ++middle;
        y[static_cast<size_t>(i * dims + k)] = line[middle].first;
      }
    }
  });
  return y;
}

class TsneLayout : public Tsne {
 public:
  TsneLayout(const Tensor& codes, const TsneOptions& options)
      : codes_(codes),
        options_(options),
        dims_(static_cast<int>(options.dims)),
        neighbors_(neighbors_for(options.perplexity, codes.dim(0) - 1)),
        p_(joint_affinities(nearest_others(codes, neighbors_, options.metric), options.perplexity)),
        y_(initial_places(codes, options)),
        tree_(dims_, codes.dim(0)),
        gradient_(dims_, codes.dim(0)),
        dy_(y_.size()),
        descent_(learning_rate_of(options, codes.dim(0)), y_.size()) {}

  int64_t total_steps() const override { return options_.steps; }
  int64_t steps_done() const override { return steps_done_; }
  void step(int64_t count) override;
  Tensor positions() const override { return Tensor::from(y_, {codes_.dim(0), options_.dims}); }
  Tensor transform(const Tensor& codes) const override;
  double kl_divergence() const override {
    return tsne_divergence(p_, dims_, tsne_normalization(dims_, codes_.dim(0), options_.theta, y_.data()), y_.data());
  }

 private:
  void step_once();
  void check_together(double Z) const;

  Tensor codes_;
  TsneOptions options_;
  int dims_;
  int64_t neighbors_;
  Affinities p_;
  std::vector<float> y_;  // (N, dims)
  PointTree tree_;
  TsneGradient gradient_;
  std::vector<float> dy_;  // (N, dims)
  Descent descent_;
  int64_t steps_done_ = 0;
};

// Points move little in a step: the tree stays good for several of them.
constexpr int64_t kStepsPerTree = 10;

// Places out of each other's reach feel no force any more. @param Z  of the places as they are
void TsneLayout::check_together(double Z) const {
  LATENT_CHECK(std::isfinite(Z) && Z > TsneGradient::least_normalization(codes_.dim(0)),
               "[tsne] learning_rate {} is too large: the map flew apart at step {}",
               learning_rate_of(options_, codes_.dim(0)), steps_done_);
}

void TsneLayout::step_once() {
  if (steps_done_ % kStepsPerTree == 0) {
    tree_.divide(y_.data());
  } else {
    tree_.refresh(y_.data());
  }
  const bool early = steps_done_ < options_.exaggeration_steps;
  const double exaggeration = early ? options_.early_exaggeration : 1.0;
  check_together(gradient_.joint(p_, tree_, options_.theta, exaggeration, y_.data(), dy_.data()));
  if (steps_done_ == options_.exaggeration_steps) descent_.forget();
  descent_.step(early ? 0.5 : 0.8, dy_, y_);
  ++steps_done_;
  if (done()) check_together(tsne_normalization(dims_, codes_.dim(0), options_.theta, y_.data()));
}

void TsneLayout::step(int64_t count) {
  LATENT_CHECK(count >= 1, "[tsne] step: expected at least 1, got {}", count);
  for (int64_t i = 0; i < count && !done(); ++i) step_once();
}

Tensor TsneLayout::transform(const Tensor& codes) const {
  // openTSNE's: a little exaggeration keeps new points with their neighbours.
  constexpr int64_t kSteps = 250;
  constexpr double kExaggeration = 1.5, kLearningRate = 0.1, kMomentum = 0.8;
  check_codes("transform", codes);
  LATENT_CHECK(codes.dim(1) == codes_.dim(1), "[transform] codes (M, D): expected D = {}, got {}", codes_.dim(1),
               codes.shape().str());
  const int64_t M = codes.dim(0);
  if (M == 0) return Tensor::empty({0, options_.dims});
  const Affinities p = conditional_affinities(nearest(codes, codes_, neighbors_, options_.metric), options_.perplexity);
  std::vector<float> y = weighted_medians(p, dims_, y_.data()), dy(y.size());

  PointTree sources(dims_, codes_.dim(0)), tree(dims_, M);
  sources.divide(y_.data());
  TsneGradient gradient(dims_, M);
  Descent descent(kLearningRate, y.size());
  for (int64_t step = 0; step < kSteps; ++step) {
    if (step % kStepsPerTree == 0) {
      tree.divide(y.data());
    } else {
      tree.refresh(y.data());
    }
    gradient.conditional(p, sources, tree, options_.theta, kExaggeration, y_.data(), y.data(), dy.data());
    descent.step(kMomentum, dy, y);
  }
  return Tensor::from(y, {M, options_.dims});
}

}  // namespace

TsneInit tsne_init_from(std::string_view name) {
  if (name == kInits[0]) return TsneInit::pca;
  if (name == kInits[1]) return TsneInit::random;
  unknown_name("init", name, kInits);
}

std::unique_ptr<Tsne> make_tsne(const Tensor& codes, const TsneOptions& options) {
  check_codes("make_tsne", codes);
  check_options(codes, options);
  return std::make_unique<TsneLayout>(codes, options);
}

}  // namespace latent::space

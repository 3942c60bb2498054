#include <latent/probability/flow_sampler.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/noise.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace latent {

namespace {

constexpr int64_t kFrequencies = 8;    // of the time: pi/2, pi, 2 pi, ..., as sine and cosine
constexpr int64_t kRowsAtOnce = 8192;  // that sample() carries together

FlowSampler::Options options_in(const nlohmann::json& config, int64_t latent_dim) {
  const JsonFields fields("sampler", config, {"name", "hidden", "layers", "steps"});
  const FlowSampler::Options usual;
  return {.latent_dim = latent_dim,
          .hidden = fields.integer("hidden", usual.hidden, 1, 1 << 14),
          .layers = fields.integer("layers", usual.layers, 1, 64),
          .steps = fields.integer("steps", usual.steps, 1, 1 << 16)};
}

// (N) -> (N, 2 kFrequencies): smooth functions of the time that a layer can tell near times apart by.
Tensor time_features(const Tensor& t) {
  const int64_t N = t.dim(0);
  Tensor features = Tensor::empty({N, 2 * kFrequencies});
  for (int64_t n = 0; n < N; ++n) {
    double angle = 0.5 * std::numbers::pi * double{t.data<float>()[n]};
    float* row = features.data<float>() + n * 2 * kFrequencies;
    for (int64_t k = 0; k < kFrequencies; ++k, angle *= 2.0) {
      row[k] = static_cast<float>(std::sin(angle));
      row[kFrequencies + k] = static_cast<float>(std::cos(angle));
    }
  }
  return features;
}

}  // namespace

std::unique_ptr<Sampler> FlowSampler::make(const Json& config, int64_t latent_dim, Rng& rng) {
  return std::make_unique<FlowSampler>(options_in(*config, latent_dim), rng);
}

double FlowSampler::num_elements(const Json& config, int64_t latent_dim) {
  const Options options = options_in(*config, latent_dim);
  const auto D = static_cast<double>(latent_dim), H = static_cast<double>(options.hidden);
  return 2 * D + (D + 2 * kFrequencies + 1) * H + static_cast<double>(options.layers - 1) * (H + 1) * H + (H + 1) * D;
}

FlowSampler::FlowSampler(const Options& options, Rng& rng) : options_(options) {
  LATENT_CHECK(options.latent_dim >= 1 && options.hidden >= 1 && options.layers >= 1 && options.steps >= 1,
               "[flow] latent_dim, hidden, layers and steps must be at least 1, got {}, {}, {} and {}",
               options.latent_dim, options.hidden, options.layers, options.steps);
  mean_ = add_buffer("mean", Tensor::zeros({options.latent_dim}));
  stddev_ = add_buffer("stddev", Tensor::full({options.latent_dim}, 1.0));
  int64_t in = options.latent_dim + 2 * kFrequencies;
  for (int64_t layer = 0; layer < options.layers; ++layer, in = options.hidden) {
    velocity_.push(std::make_unique<nn::Linear>(
        nn::Linear::Options{.in = in, .out = options.hidden, .activation = Activation::silu}, rng));
  }
  velocity_.push(std::make_unique<nn::Linear>(nn::Linear::Options{.in = in, .out = options.latent_dim}, rng));
  add_child("velocity", velocity_);
}

void FlowSampler::standardize(std::span<const double> mean, std::span<const double> stddev) {
  const auto D = static_cast<size_t>(options_.latent_dim);
  LATENT_CHECK(mean.size() == D && stddev.size() == D,
               "[flow] {} means and standard deviations expected, got {} and {}", D, mean.size(), stddev.size());
  for (size_t d = 0; d < D; ++d) {
    mean_.data<float>()[d] = static_cast<float>(mean[d]);
    stddev_.data<float>()[d] = static_cast<float>(stddev[d]);
  }
}

Tensor FlowSampler::standardized(const Tensor& codes) const {
  LATENT_CHECK(codes.ndim() == 2 && codes.dim(1) == options_.latent_dim && codes.dtype() == DType::f32,
               "[flow] codes (N, D) f32: expected D = {}, got {} {}", options_.latent_dim, codes.shape().str(),
               name_of(codes.dtype()));
  Tensor x = Tensor::empty(codes.shape());
  const int64_t D = options_.latent_dim;
  for (int64_t i = 0; i < x.numel(); ++i) {
    const float stddev = stddev_.span<float>()[static_cast<size_t>(i % D)];
    const float centred = codes.span<float>()[static_cast<size_t>(i)] - mean_.span<float>()[static_cast<size_t>(i % D)];
    x.data<float>()[i] = stddev > 0.0F ? centred / stddev : 0.0F;
  }
  return x;
}

Tensor FlowSampler::velocity(const Tensor& x, const Tensor& t) const {
  return velocity_.forward(concat_columns({x, time_features(t)}), nn::Mode::eval);
}

Tensor FlowSampler::loss(const Tensor& x, Rng& rng) const {
  const int64_t N = x.dim(0), D = options_.latent_dim;
  const Tensor eps = standard_normal(x.shape(), rng);
  Tensor t = Tensor::empty({N}), path = Tensor::empty(x.shape()), target = Tensor::empty(x.shape());
  rng.uniform(t.span<float>());
  for (int64_t i = 0; i < x.numel(); ++i) {
    const float at = t.data<float>()[i / D], from = eps.data<float>()[i], to = x.span<float>()[static_cast<size_t>(i)];
    path.data<float>()[i] = (1.0F - at) * from + at * to;
    target.data<float>()[i] = to - from;
  }
  return (1.0 / static_cast<double>(D)) * sum_last(square(velocity(path, t) - target));
}

Tensor FlowSampler::sample(int64_t n, Rng& rng) const {
  LATENT_CHECK(n >= 0, "[flow] number of samples must not be negative, got {}", n);
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  Tensor codes = standard_normal({n, options_.latent_dim}, rng);
  const double step = 1.0 / static_cast<double>(options_.steps);
  for (int64_t begin = 0; begin < n; begin += kRowsAtOnce) {
    const int64_t end = std::min(begin + kRowsAtOnce, n);
    Tensor x = codes.rows(begin, end);
    for (int64_t k = 0; k < options_.steps; ++k) {
      const Tensor now = Tensor::full({end - begin}, static_cast<double>(k) * step);
      const Tensor then = Tensor::full({end - begin}, static_cast<double>(k + 1) * step);
      const Tensor first = velocity(x, now);
      const Tensor second = velocity(x + step * first, then);
      x = x + (0.5 * step) * (first + second);
    }
    codes.rows(begin, end).copy_from(x * stddev_ + mean_);
  }
  return codes;
}

Json FlowSampler::config() const {
  return nlohmann::json{
      {"name", "flow"}, {"hidden", options_.hidden}, {"layers", options_.layers}, {"steps", options_.steps}};
}

}  // namespace latent

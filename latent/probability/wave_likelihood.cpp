#include <latent/probability/wave_likelihood.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/stft.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <cmath>

namespace latent {

namespace {

constexpr double kMostScale = 1e6, kLeastScale = 1e-6;
constexpr int64_t kLongestWindow = 1 << 16;

}  // namespace

std::unique_ptr<Likelihood> WaveLikelihood::make(const Json& config, const SlotContext&) {
  const JsonFields fields("likelihood", *config, {"name", "scale", "windows", "log_weight", "floor"});
  Options options;
  constexpr size_t kMostWindows = 8;
  options.scale = fields.number("scale", options.scale, kLeastScale, kMostScale);
  options.windows = fields.integers("windows", options.windows, kMostWindows, 4, kLongestWindow);
  options.log_weight = fields.number("log_weight", options.log_weight, 0.0, kMostScale);
  options.floor = fields.number("floor", options.floor, kLeastScale, 1.0);
  return std::make_unique<WaveLikelihood>(std::move(options));
}

WaveLikelihood::WaveLikelihood(Options options) : options_(std::move(options)) {
  LATENT_CHECK(options_.scale > 0.0 && std::isfinite(options_.scale), "[wave] scale must be positive, got {}",
               options_.scale);
  for (const int64_t n : options_.windows) {
    LATENT_CHECK(n >= 4 && n <= kLongestWindow && n % 2 == 0, "[wave] windows of an even size from 4 to {}, got {}",
                 kLongestWindow, n);
  }
}

std::unique_ptr<Distribution> WaveLikelihood::distribution(const Tensor& params) const {
  return std::make_unique<Laplace>(params, options_.scale);
}

Tensor WaveLikelihood::nll(const Tensor& params, const Tensor& x, double expected_grad) const {
  Tensor total = laplace_nll(params, x, options_.scale, expected_grad);  // (N)
  std::vector<int64_t> windows;
  for (const int64_t n : options_.windows) {
    if (n <= x.dim(-1)) windows.push_back(n);
  }
  const auto values = static_cast<double>(x.shape().tail().numel());
  for (const int64_t n : windows) {
    const Tensor of_params = stft_magnitudes(params, n, n / 4), of_x = stft_magnitudes(x.detach(), n, n / 4);
    const double each =
        values / (static_cast<double>(windows.size()) * static_cast<double>(of_x.shape().tail().numel()));
    total = total + affine(sum_per_sample(abs(of_params - of_x)), each / options_.scale);
    if (options_.log_weight > 0.0) {
      const auto level = [&](const Tensor& M) { return log(affine(M, 1.0, options_.floor)); };
      total = total + affine(sum_per_sample(abs(level(of_params) - level(of_x))), each * options_.log_weight);
    }
  }
  return total;
}

Json WaveLikelihood::config() const {
  return nlohmann::json{{"name", "wave"},
                        {"scale", options_.scale},
                        {"windows", options_.windows},
                        {"log_weight", options_.log_weight},
                        {"floor", options_.floor}};
}

}  // namespace latent

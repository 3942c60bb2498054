#include <latent/sound/phases.hpp>

#include <latent/core/error.hpp>
#include <latent/core/rng.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace latent::sound {

namespace {

void find_phases(Stft& transform, std::span<const float> magnitudes, std::span<float> x, const PhaseOptions& options) {
  const size_t count = magnitudes.size();
  std::vector<float> angles(count);
  Rng(options.seed).uniform(angles);
  Stft::Bins X(count), rebuilt, before(count);
  for (size_t i = 0; i < count; ++i) {
    X[i] = std::polar(magnitudes[i], static_cast<float>(2.0 * std::numbers::pi) * angles[i]);
  }
  const auto share = static_cast<float>(options.momentum / (1.0 + options.momentum));
  for (int k = 0; k < options.iterations; ++k) {
    transform.inverse(X, x);
    transform.forward(x, rebuilt);
    for (size_t i = 0; i < count; ++i) {
      // c_k + a (c_k - c_(k-1)), up to a factor that putting the magnitude back takes away
      const std::complex<float> ahead = rebuilt[i] - share * before[i];
      constexpr float kLeast = 1e-16F;
      const float re = ahead.real(), im = ahead.imag();
      const float scale = magnitudes[i] / (std::sqrt(re * re + im * im) + kLeast);
      X[i] = {re * scale, im * scale};
    }
    std::swap(before, rebuilt);
  }
  transform.inverse(X, x);
}

}  // namespace

void recover_phases(Stft& transform, std::span<const float> magnitudes, std::span<float> x,
                    const PhaseOptions& options) {
  const StftOptions& shape = transform.options();
  const auto count = static_cast<size_t>(shape.frames(static_cast<int64_t>(x.size())) * shape.bins());
  LATENT_CHECK(magnitudes.size() == count, "[recover_phases] {} magnitudes expected, got {}", count, magnitudes.size());
  LATENT_CHECK(options.iterations >= 0 && options.momentum >= 0.0 && options.momentum <= 2.0,
               "[recover_phases] iterations of at least 0 and a momentum in [0, 2] expected, got {} and {}",
               options.iterations, options.momentum);
  if (4 * shape.hop <= shape.n_fft) {
    find_phases(transform, magnitudes, x, options);
    return;
  }
  // Only the edge of the last window reaches the end, and what is divided by next to nothing there becomes a loud
  // click. One frame more, like the last, lies over it.
  std::vector<float> more(magnitudes.begin(), magnitudes.end()), longer(x.size() + static_cast<size_t>(shape.hop));
  more.insert(more.end(), magnitudes.end() - shape.bins(), magnitudes.end());
  find_phases(transform, more, longer, options);
  std::copy_n(longer.begin(), x.size(), x.begin());
}

double spectral_convergence(Stft& transform, std::span<const float> magnitudes, std::span<const float> x) {
  Stft::Bins X;
  transform.forward(x, X);
  LATENT_CHECK(X.size() == magnitudes.size(), "[spectral_convergence] {} magnitudes expected, got {}", X.size(),
               magnitudes.size());
  double error = 0.0, all = 0.0;
  for (size_t i = 0; i < X.size(); ++i) {
    const double d = static_cast<double>(std::abs(X[i])) - static_cast<double>(magnitudes[i]);
    error += d * d;
    all += static_cast<double>(magnitudes[i]) * static_cast<double>(magnitudes[i]);
  }
  return all > 0.0 ? std::sqrt(error / all) : 0.0;
}

}  // namespace latent::sound

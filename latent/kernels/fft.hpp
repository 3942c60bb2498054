#pragma once
// The discrete Fourier transform of real values.

#include <cmath>
#include <complex>
#include <cstdint>
#include <memory>
#include <numbers>
#include <span>
#include <vector>

namespace latent::kernels {

/// X_k = sum over t of x_t e^(-2 pi i k t / n), for k = 0 ... n/2, and its inverse. An object has room of its own to
/// work in: one thread at a time. Making one costs about as much as a few transforms.
class RealFft {
 public:
  /// @throws std::invalid_argument unless n is even and 2 <= n <= 2^24
  explicit RealFft(int64_t n);
  ~RealFft();
  RealFft(RealFft&&) noexcept;
  RealFft& operator=(RealFft&&) noexcept;

  int64_t size() const { return n_; }
  int64_t bins() const { return n_ / 2 + 1; }
  /// @param x  n values   @param X  n/2 + 1 bins
  void forward(std::span<const float> x, std::span<std::complex<float>> X);
  /// The inverse, with the factor 1/n: inverse(forward(x)) = x. Imaginary parts of the first and the last bin count as
  /// 0.
  void inverse(std::span<const std::complex<float>> X, std::span<float> x);

 private:
  struct Plans;
  int64_t n_;
  std::unique_ptr<Plans> plans_;
};

/// Hann's window over n values, periodic: 0.5 - 0.5 cos(2 pi t / n), whose values sum to n / 2.
template <class T>
std::vector<T> hann(int64_t n) {
  std::vector<T> w(static_cast<size_t>(n));
  for (int64_t t = 0; t < n; ++t) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(t) / static_cast<double>(n);
    w[static_cast<size_t>(t)] = static_cast<T>(0.5 - 0.5 * std::cos(angle));
  }
  return w;
}

}  // namespace latent::kernels

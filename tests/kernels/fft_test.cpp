// The Fourier transform against its definition, and back.

#include <latent/core/rng.hpp>
#include <latent/kernels/fft.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

namespace latent::kernels {
namespace {

// Single precision, growing with the logarithm of n.
constexpr double kRounding = 2e-6;

TEST(RealFft, IsItsDefinitionAndComesBack) {
  for (const int64_t n : {2, 6, 64, 250, 1024}) {
    std::vector<float> x(static_cast<size_t>(n)), back(x.size());
    Rng(3, static_cast<uint64_t>(n)).normal(x);
    RealFft fft(n);
    std::vector<std::complex<float>> X(static_cast<size_t>(fft.bins()));
    fft.forward(x, X);
    for (int64_t k = 0; k < fft.bins(); ++k) {
      std::complex<double> expected = 0.0;
      for (int64_t t = 0; t < n; ++t) {
        const double angle = -2.0 * std::numbers::pi * static_cast<double>(k * t % n) / static_cast<double>(n);
        expected += double{x[static_cast<size_t>(t)]} * std::polar(1.0, angle);
      }
      const std::complex<double> found(X[static_cast<size_t>(k)]);
      EXPECT_LT(std::abs(found - expected), kRounding * static_cast<double>(n)) << n << ", bin " << k;
    }
    fft.inverse(X, back);
    for (size_t t = 0; t < x.size(); ++t) EXPECT_NEAR(back[t], x[t], 1e-5) << n;
  }
}

TEST(RealFft, OddAndEmptySizesAreRefused) {
  EXPECT_THROW(RealFft(0), std::invalid_argument);
  EXPECT_THROW(RealFft(7), std::invalid_argument);
  EXPECT_THROW(RealFft(int64_t{1} << 25), std::invalid_argument);
}

}  // namespace
}  // namespace latent::kernels

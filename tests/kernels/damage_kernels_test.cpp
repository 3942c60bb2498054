// Noise and blur against their plain versions, on odd sizes and on every vector width of this processor.
#include <latent/core/rng.hpp>
#include <latent/formats/npy.hpp>
#include <latent/kernels/blur.hpp>
#include <latent/kernels/noise.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace latent {
namespace {

constexpr int64_t kSizes[] = {1, 4, 7, 17, 63, 64, 65, 129, 784};

// The last one's blocks pass 2^32, where the counter's second word begins to count; seeds and streams fill both words.
std::vector<Rng::State> tapes() {
  return {{0, 0, 0},
          {7, 3, 12},
          {0x123456789abcdef0u, 0xfedcba9876543210u, 1},
          {~uint64_t{0}, ~uint64_t{0}, (uint64_t{1} << 32) - 9}};
}

std::vector<float> ramp(int64_t n) {
  std::vector<float> x(static_cast<size_t>(n));
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 11) / 10.0f;
  return x;
}

TEST(NoiseKernels, NormalsAreThoseOfTheTapeEverywhere) {
  // Sine, cosine and logarithm of two libraries in f32, times a radius of at most 6 and the standard deviation.
  constexpr double kRounding = 4e-6;
  constexpr float kUnbounded = std::numeric_limits<float>::infinity();
  on_every_target([] {
    for (const Rng::State& tape : tapes()) {
      for (const int64_t n : kSizes) {
        std::vector<float> expected(static_cast<size_t>(n));
        Rng(tape).normal(expected);
        const std::vector<float> before = ramp(n);
        std::vector<float> x = before;
        kernels::add_normal(tape, 0.7f, -kUnbounded, kUnbounded, x.data(), n);
        for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], before[i] + 0.7f * expected[i], kRounding) << n;
        std::vector<float> clipped = before;
        kernels::add_normal(tape, 0.7f, 0.0f, 1.0f, clipped.data(), n);
        for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(clipped[i], std::clamp(x[i], 0.0f, 1.0f));
      }
    }
  });
}

TEST(NoiseKernels, DropoutFollowsTheTapeInEveryType) {
  on_every_target([] {
    for (const Rng::State& tape : tapes()) {
      for (const int64_t n : {1, 7, 17, 129, 1023, 1029, 9001}) {
        std::vector<float> u(static_cast<size_t>(n)), y(u.size());
        Rng(tape).uniform(u);
        const std::vector<float> x = ramp(n);
        const std::vector<double> x64(x.begin(), x.end());
        const std::vector<bfloat16> x16(x.begin(), x.end());
        std::vector<double> y64(u.size());
        std::vector<bfloat16> y16(u.size());
        kernels::dropout(tape, 0.25, x.data(), y.data(), n);
        kernels::dropout(tape, 0.25, x64.data(), y64.data(), n);
        kernels::dropout(tape, 0.25, x16.data(), y16.data(), n);
        for (size_t i = 0; i < y.size(); ++i) {
          const bool kept = u[i] >= 0.25f;
          ASSERT_EQ(y[i], kept ? x[i] * static_cast<float>(1 / 0.75) : 0.0f) << n;
          ASSERT_EQ(y64[i], kept ? x64[i] * (1 / 0.75) : 0.0) << n;
          const float widened = static_cast<float>(x16[i]) * static_cast<float>(1 / 0.75);
          ASSERT_EQ(static_cast<float>(y16[i]), static_cast<float>(bfloat16(kept ? widened : 0.0f))) << n;
        }
      }
    }
  });
}

TEST(NoiseKernels, ManyNormalsStayNearTheTape) {
  // Both tails and all four quarters of the circle, many times.
  constexpr double kRounding = 4e-6;
  constexpr int64_t kDraws = 1 << 18;
  std::vector<float> expected(kDraws);
  Rng(5).normal(expected);
  on_every_target([&] {
    std::vector<float> x(kDraws, 0.0f);
    kernels::add_normal(Rng(5).state(), 1.0f, -100.0f, 100.0f, x.data(), kDraws);
    double worst = 0.0;
    for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(double{x[i]} - double{expected[i]}));
    EXPECT_LT(worst, kRounding);
  });
}

TEST(NoiseKernels, StrikesWhereTheTapesUniformsFallBelow) {
  on_every_target([] {
    for (const Rng::State& tape : tapes()) {
      for (const int64_t n : kSizes) {
        std::vector<float> u(static_cast<size_t>(n));
        Rng(tape).uniform(u);
        const std::vector<float> before = ramp(n);
        std::vector<float> x = before;
        kernels::strike(tape, 0.25f, 0.125f, x.data(), n);
        for (size_t i = 0; i < x.size(); ++i) {
          const float expected = u[i] < 0.25f ? 0.0f : (u[i] < 0.375f ? 1.0f : before[i]);
          ASSERT_EQ(x[i], expected) << n << " at " << i;
        }
      }
    }
  });
}

// The definition, in double: both axes at once.
std::vector<double> blurred(const std::vector<float>& window, int64_t H, int64_t W, const std::vector<float>& x) {
  const int64_t radius = static_cast<int64_t>(window.size()) - 1;
  std::vector<double> y(x.size(), 0.0);
  for (int64_t h = 0; h < H; ++h) {
    for (int64_t w = 0; w < W; ++w) {
      for (int64_t i = -radius; i <= radius; ++i) {
        for (int64_t j = -radius; j <= radius; ++j) {
          const int64_t row = std::clamp<int64_t>(h + i, 0, H - 1), column = std::clamp<int64_t>(w + j, 0, W - 1);
          y[static_cast<size_t>(h * W + w)] += double{window[static_cast<size_t>(std::abs(i))]} *
                                               double{window[static_cast<size_t>(std::abs(j))]} *
                                               double{x[static_cast<size_t>(row * W + column)]};
        }
      }
    }
  }
  return y;
}

TEST(BlurKernels, MatchTheDefinitionEverywhere) {
  constexpr double kRounding = 1e-6;  // two sums of at most 25 products in f32, of values in [0, 1]
  for (const auto& [H, W] : {std::pair<int64_t, int64_t>{1, 1}, {1, 17}, {7, 5}, {17, 1}, {9, 33}, {28, 28}}) {
    for (const double sigma : {0.1, 0.5, 1.5, 3.0}) {
      const std::vector<float> window = kernels::gaussian_window(sigma), x = ramp(H * W);
      const std::vector<double> expected = blurred(window, H, W, x);
      on_every_target([&, H = H, W = W] {
        std::vector<float> y = x;
        kernels::blur_plane(window, H, W, y.data());
        for (size_t i = 0; i < y.size(); ++i)
          ASSERT_NEAR(y[i], expected[i], kRounding) << H << "x" << W << " " << sigma;
      });
    }
  }
}

TEST(BlurKernels, AreThoseOfScipy) {
  constexpr double kRounding = 1e-6;
  const auto path = std::filesystem::path(LATENT_TEST_DATA) / "golden/denoise.npz";
  Tensor x;
  std::vector<std::pair<std::string, Tensor>> blurred;
  for (const auto& [name, tensor] : read_npz(MappedFile::open(path))) {
    if (name == "blur_x") x = tensor;
    if (name.starts_with("blur_sigma_")) blurred.emplace_back(name, tensor);
  }
  ASSERT_EQ(blurred.size(), 3u);
  for (const auto& [name, expected] : blurred) {
    Tensor y = x.clone();
    kernels::blur_plane(kernels::gaussian_window(std::stod(name.substr(11))), x.dim(0), x.dim(1), y.data<float>());
    for (int64_t i = 0; i < y.numel(); ++i) {
      EXPECT_NEAR(y.data<float>()[i], expected.data<double>()[i], kRounding) << name;
    }
  }
}

}  // namespace
}  // namespace latent

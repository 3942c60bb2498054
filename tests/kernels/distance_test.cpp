#include <latent/kernels/distance.hpp>
#include <latent/kernels/multiply.hpp>

#include <latent/core/rng.hpp>

#include <tests/support/vector_targets.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace latent::kernels {
namespace {

constexpr int64_t kSizes[] = {1, 2, 7, 8, 15, 16, 17, 31, 64, 129, 784};
constexpr double kDoubleRounding = 1e-14;  // of a few hundred additions

std::vector<float> numbers(int64_t n, uint64_t seed) {
  std::vector<float> x(static_cast<size_t>(n));
  Rng(seed).normal(x);
  return x;
}

TEST(Distance, SumsInDoubleAtEverySize) {
  on_every_target([] {
    for (const int64_t n : kSizes) {
      const std::vector<float> a = numbers(n, 1), b = numbers(n, 2);
      double square = 0.0, dot = 0.0;
      for (size_t i = 0; i < a.size(); ++i) {
        square += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
        dot += static_cast<double>(a[i]) * b[i];
      }
      EXPECT_NEAR(squared_distance(n, a.data(), b.data()), square, kDoubleRounding * static_cast<double>(n)) << n;
      EXPECT_NEAR(dot_product(n, a.data(), b.data()), dot, kDoubleRounding * static_cast<double>(n)) << n;
    }
    const float huge[] = {1e30F, -3e38F}, tiny[] = {-1e30F, 3e38F};
    EXPECT_NEAR(squared_distance(2, huge, tiny) / 3.6e77, 1.0, 1e-6);
  });
}

TEST(Distance, InSinglePrecisionAtEverySize) {
  on_every_target([] {
    for (const int64_t n : kSizes) {
      const std::vector<float> a = numbers(n, 5), b = numbers(n, 6);
      const double right = squared_distance(n, a.data(), b.data());
      EXPECT_NEAR(squared_distance_f32(n, a.data(), b.data()), right, 1e-6 * right) << n;
      EXPECT_EQ(squared_distance_f32(n, a.data(), a.data()), 0.0F) << n;
    }
  });
}

TEST(Distance, ShiftAndScaleInDouble) {
  on_every_target([] {
    for (const int64_t n : kSizes) {
      const int64_t x_cols = n + 3, y_cols = n + 1;
      const std::vector<float> x = numbers(2 * x_cols, 3);
      std::vector<double> shift(static_cast<size_t>(n));
      Rng(4).normal(std::span<double>(shift));
      std::vector<float> y(static_cast<size_t>(2 * y_cols), -7.0F);
      shift_and_scale(2, n, x.data(), x_cols, shift.data(), 0.3, y.data(), y_cols);
      for (int64_t r = 0; r < 2; ++r) {
        for (int64_t i = 0; i < n; ++i) {
          const double right = (x[static_cast<size_t>(r * x_cols + i)] - shift[static_cast<size_t>(i)]) * 0.3;
          EXPECT_EQ(y[static_cast<size_t>(r * y_cols + i)], static_cast<float>(right));
        }
        EXPECT_EQ(y[static_cast<size_t>(r * y_cols + n)], -7.0F);  // nothing beyond the row
      }
    }
  });
}

TEST(Distance, FindsEveryCandidateAndNoOther) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  on_every_target([] {
    for (const int64_t n : kSizes) {
      const std::vector<float> c = numbers(n, 5), bounds = numbers(n, 6);
      for (const float bound : {-kInfinity, -1.0F, 0.5F, c[0], kInfinity}) {
        for (const bool two : {false, true}) {
          std::vector<int32_t> right, found(static_cast<size_t>(n));
          for (size_t j = 0; j < c.size(); ++j) {
            if (c[j] >= bound || (two && c[j] + 0.25F >= bounds[j])) right.push_back(static_cast<int32_t>(j));
          }
          const int64_t count = find_candidates(n, c.data(), bound, 0.25F, two ? bounds.data() : nullptr, found.data());
          found.resize(static_cast<size_t>(count));
          EXPECT_EQ(found, right) << n << " " << bound;
        }
      }
    }
  });
}

TEST(Multiply, MatchesPlainLoops) {
  on_every_target([] {
    for (const int64_t M : {1, 5, 6, 7, 23}) {
      for (const int64_t N : {1, 7, 8, 17, 33, 64}) {
        for (const int64_t K : {1, 16, 129}) {
          std::vector<double> A(static_cast<size_t>(M * K)), X(static_cast<size_t>(K * N));
          Rng(1).normal(std::span<double>(A));
          Rng(2).normal(std::span<double>(X));
          std::vector<double> Y(static_cast<size_t>(M * N), -1.0);
          multiply_f64(M, N, K, A.data(), X.data(), Y.data());
          for (int64_t m = 0; m < M; ++m) {
            for (int64_t n = 0; n < N; ++n) {
              double sum = 0.0;
              for (int64_t k = 0; k < K; ++k)
                sum += A[static_cast<size_t>(m * K + k)] * X[static_cast<size_t>(k * N + n)];
              EXPECT_NEAR(Y[static_cast<size_t>(m * N + n)], sum, kDoubleRounding * static_cast<double>(K + 10));
            }
          }
        }
      }
    }
  });
}

}  // namespace
}  // namespace latent::kernels

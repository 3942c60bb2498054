#include <latent/kernels/row_products.hpp>

#include <latent/core/rng.hpp>

#include <tests/support/vector_targets.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace latent::kernels {
namespace {

TEST(RowProducts, SameAsSumsInDoubleAtEverySize) {
  constexpr double kRounding = 1e-6;  // of a few hundred additions in f32, of the sum of magnitudes
  on_every_target([] {
    for (const int64_t dim : {1, 2, 7, 8, 15, 16, 17, 31, 33, 100, 129, 300}) {
      constexpr int64_t kRows = 5;
      std::vector<float> x(static_cast<size_t>(kRows * dim)), query(static_cast<size_t>(dim)), dots(kRows),
          squares(kRows);
      Rng(1).normal(x);
      Rng(2).normal(query);
      row_products(kRows, dim, x.data(), query.data(), dots.data(), squares.data());
      for (int64_t r = 0; r < kRows; ++r) {
        double dot = 0.0, square = 0.0, magnitude = 0.0;
        for (int64_t i = 0; i < dim; ++i) {
          const double a = x[static_cast<size_t>(r * dim + i)], b = query[static_cast<size_t>(i)];
          dot += a * b;
          square += a * a;
          magnitude += std::abs(a * b);
        }
        EXPECT_NEAR(dots[static_cast<size_t>(r)], dot, kRounding * magnitude) << dim;
        EXPECT_NEAR(squares[static_cast<size_t>(r)], square, kRounding * square) << dim;
      }
    }
  });
}

}  // namespace
}  // namespace latent::kernels

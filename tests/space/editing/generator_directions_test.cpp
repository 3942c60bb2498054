// Directions of a generator's own, where they are known.

#include <latent/space/editing/generator_directions.hpp>

#include <latent/core/rng.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace latent::space {
namespace {

TEST(GeneratorDirections, OfAWeightAreItsRightSingularVectors) {
  // 3 u1 v1' + 1 u2 v2' with v1 = (0.6, 0.8, 0), v2 = (0, 0, -1).
  const Tensor weight = Tensor::from<float>({1.8F, 2.4F, 0.0F, 0.0F, 0.0F, -1.0F}, {2, 3});
  const Directions found = weight_directions(weight, 2);
  EXPECT_EQ(found.names, (std::vector<std::string>{"sefa1", "sefa2"}));
  const std::vector<double> expected = {0.6, 0.8, 0.0, 0.0, 0.0, 1.0};  // the largest entry is positive
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found.vectors.to_vector()[i], expected[i], 1e-6);
    EXPECT_NEAR(found.normals.to_vector()[i], expected[i], 1e-6);
  }
  const std::vector<double> amounts = {2.0, 0.0};
  const Tensor moved = edit(Tensor::zeros({1, 3}), found, amounts);
  EXPECT_NEAR(found.scores(moved).to_vector()[0], 2.0, 1e-6);
  EXPECT_NEAR(found.scores(moved).to_vector()[1], 0.0, 1e-6);
  EXPECT_THROW(weight_directions(weight, 3), std::invalid_argument);
  EXPECT_THROW(weight_directions(weight, 0), std::invalid_argument);
}

TEST(GeneratorDirections, OfResultsAreFoundAmongTheCodes) {
  // A linear layer: its strongest component follows from the code along v1.
  constexpr int64_t kCount = 20'000;
  Tensor codes = Tensor::empty({kCount, 3}), results = Tensor::empty({kCount, 2});
  Rng(3).normal(codes.span<float>());
  for (int64_t n = 0; n < kCount; ++n) {
    const float* z = codes.data<float>() + 3 * n;
    results.data<float>()[2 * n] = 3.0F * (0.6F * z[0] + 0.8F * z[1]);
    results.data<float>()[2 * n + 1] = 5.0F - z[2];
  }
  const Directions found = result_directions(codes, results, 2);
  const double noise = 4.0 / std::sqrt(static_cast<double>(kCount));  // of means over so many codes
  EXPECT_NEAR(found.vectors.to_vector()[0], 0.6, noise);
  EXPECT_NEAR(found.vectors.to_vector()[1], 0.8, noise);
  EXPECT_NEAR(std::abs(found.vectors.to_vector()[5]), 1.0, noise);
  for (int64_t a = 0; a < 2; ++a) {
    double product = 0.0;
    for (int64_t d = 0; d < 3; ++d) {
      product += double{found.vectors.data<float>()[3 * a + d]} * found.normals.data<float>()[3 * a + d];
    }
    EXPECT_NEAR(product, 1.0, 1e-5);
  }
  EXPECT_THROW(result_directions(codes, Tensor::zeros({kCount, 2}), 1), std::invalid_argument);
  EXPECT_THROW(result_directions(codes.rows(0, 3), results, 1), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space

#include <latent/space/editing/traverse.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent::space {
namespace {

using ::testing::ElementsAre;

TEST(RankDimensionsTest, ByKlOrByVariance) {
  // Dimension 0 hardly varies, 1 varies, 2 varies with narrow posteriors.
  const Tensor mu = Tensor::from(std::vector<float>{0.05F, 1, -1, -0.05F, -1, 1}, {2, 3});
  const Tensor stddev = Tensor::from(std::vector<float>{1, 0.5F, 0.1F, 1, 0.5F, 0.1F}, {2, 3});
  const std::vector<Dimension> ranked = rank_dimensions(mu, stddev);
  EXPECT_EQ(ranked[0].index, 2);
  EXPECT_EQ(ranked[1].index, 1);
  EXPECT_EQ(ranked[2].index, 0);
  EXPECT_TRUE(ranked[0].active && ranked[1].active);
  EXPECT_FALSE(ranked[2].active);  // 0.0025 < 0.01
  EXPECT_NEAR(ranked[1].kl, 0.5 * (1 + 0.25 - 1) - std::log(0.5), 1e-6);
  EXPECT_NEAR(ranked[1].stddev, 1.0, 1e-6);
  // A plain autoencoder has no posterior, and no scale of its own.
  const Tensor scaled = Tensor::from(std::vector<float>{0.01F, 0.1F, 0, -0.01F, -0.1F, 0}, {2, 3});
  const std::vector<Dimension> points = rank_dimensions(scaled, Tensor::zeros({2, 3}));
  EXPECT_EQ(points[0].index, 1);
  EXPECT_TRUE(points[1].active);
  EXPECT_FALSE(points[2].active);
  EXPECT_TRUE(std::isnan(points[0].kl));
  EXPECT_THROW(rank_dimensions(mu, Tensor::zeros({2, 2})), std::invalid_argument);
}

// The same posteriors in other units of the code.
TEST(RankDimensionsTest, CountsInUnitsOfThePrior) {
  const Tensor mu = Tensor::from(std::vector<float>{0.05F, 1, -1, -0.05F, -1, 1}, {2, 3});
  const Tensor stddev = Tensor::from(std::vector<float>{1, 0.5F, 0.1F, 1, 0.5F, 0.1F}, {2, 3});
  const Tensor scales = Tensor::from(std::vector<float>{10, 0.05F, 2}, {3});
  Tensor scaled_mu = mu.clone(), scaled_stddev = stddev.clone();
  for (int64_t i = 0; i < 6; ++i) {
    scaled_mu.data<float>()[i] *= scales.data<float>()[i % 3];
    scaled_stddev.data<float>()[i] *= scales.data<float>()[i % 3];
  }
  const std::vector<Dimension> plain = rank_dimensions(mu, stddev),
                               scaled = rank_dimensions(scaled_mu, scaled_stddev, scales);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(scaled[i].index, plain[i].index);
    EXPECT_EQ(scaled[i].active, plain[i].active);
    EXPECT_NEAR(scaled[i].kl, plain[i].kl, 1e-5);
    EXPECT_NEAR(scaled[i].stddev, plain[i].stddev * scales.data<float>()[plain[i].index], 1e-5);
  }
  EXPECT_THROW(rank_dimensions(mu, stddev, Tensor::zeros({2})), std::invalid_argument);
}

TEST(QuantileTest, AsNumpyHasIt) {
  const std::vector<double> sorted = {1, 2, 4, 8};
  EXPECT_EQ(quantile(sorted, 0.0), 1);
  EXPECT_EQ(quantile(sorted, 0.5), 3);
  EXPECT_NEAR(quantile(sorted, 0.9), 6.8, 1e-12);
  EXPECT_EQ(quantile(sorted, 1.0), 8);
  EXPECT_THROW(quantile(std::vector<double>{}, 0.5), std::invalid_argument);
  EXPECT_THROW(quantile(sorted, 1.5), std::invalid_argument);
}

TEST(TraverseTest, OnlyOneDimensionChanges) {
  const Tensor from = Tensor::from(std::vector<float>{7, 8, 9}, {3});
  const Tensor values = Tensor::from(std::vector<float>{-1, 1, -2, 2}, {2, 2});
  const Tensor codes = traverse(from, std::vector<int64_t>{2, 0}, values);
  EXPECT_THAT(codes.to_vector(), ElementsAre(7, 8, -1, 7, 8, 1, -2, 8, 9, 2, 8, 9));
  EXPECT_THROW(traverse(from, std::vector<int64_t>{3, 0}, values), std::invalid_argument);
  EXPECT_THROW(traverse(from, std::vector<int64_t>{0}, values), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space

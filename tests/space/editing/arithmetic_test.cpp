#include <latent/space/editing/arithmetic.hpp>

#include <latent/core/rng.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent::space {
namespace {

Tensor operands(int64_t K) {
  Tensor x = Tensor::empty({K, 17});
  Rng(2).normal(x.span<float>());
  return x;
}

TEST(CombineTest, IdentitiesHoldToTheBit) {
  const Tensor x = operands(3);
  const auto row = [&](int64_t i) { return x.rows(i, i + 1).to_vector(); };
  EXPECT_EQ(combine(x, std::vector<double>{0, 1, 0}).to_vector(), row(1));
  // A - A + B: what the parser makes of it, and what two equal operands come to.
  EXPECT_EQ(combine(x, std::vector<double>{1 - 1, 1, 0}).to_vector(), row(1));
  Tensor twice = x.clone();
  twice.rows(1, 2).copy_from(x.rows(0, 1));
  EXPECT_EQ(combine(twice, std::vector<double>{1, -1, 1}).to_vector(), row(2));
  EXPECT_EQ(combine(x, std::vector<double>{0, 0, 0}).to_vector(), std::vector<double>(17, 0.0));
  const Tensor mean = combine(x, std::vector<double>{0.5, 0.5, 0});
  for (size_t d = 0; d < 17; ++d) EXPECT_NEAR(mean.to_vector()[d], 0.5 * (row(0)[d] + row(1)[d]), 1e-6);
}

TEST(CombineTest, SphericalSumsHaveATypicalLength) {
  const Tensor x = operands(3);
  const double length = typical_length(x);
  const Tensor sum = combine(x, std::vector<double>{1, -1, 1}, Path::spherical, length);
  double squares = 0.0;
  for (const double v : sum.to_vector()) squares += v * v;
  EXPECT_NEAR(std::sqrt(squares), length, 1e-5);
  // The length of an operand does not matter, only where it points.
  Tensor longer = x.clone();
  for (float& value : longer.rows(1, 2).span<float>()) value *= 3.0F;
  const Tensor same = combine(longer, std::vector<double>{1, -1, 1}, Path::spherical, length);
  for (size_t d = 0; d < 17; ++d) EXPECT_NEAR(same.to_vector()[d], sum.to_vector()[d], 1e-5);
  EXPECT_THROW(combine(x, std::vector<double>{0, 0, 0}, Path::spherical, length), std::invalid_argument);
  Tensor twice = x.clone();
  twice.rows(1, 2).copy_from(x.rows(0, 1));
  EXPECT_THROW(combine(twice, std::vector<double>{1, -1, 0}, Path::spherical, length), std::invalid_argument);
  EXPECT_THROW(combine(x, std::vector<double>{1, 0, 0}, Path::spherical, 0.0), std::invalid_argument);
}

TEST(CombineTest, WrongCalls) {
  EXPECT_THROW(combine(operands(2), std::vector<double>{1}), std::invalid_argument);
  EXPECT_THROW(combine(operands(1), std::vector<double>{NAN}), std::invalid_argument);
  EXPECT_THROW(combine(Tensor::zeros({3}), std::vector<double>{1}), std::invalid_argument);
  EXPECT_THROW(typical_length(Tensor::zeros({3})), std::invalid_argument);
  EXPECT_EQ(typical_length(Tensor::from(std::vector<float>{3, 4, 0, 1, 6, 8}, {3, 2})), 5.0);
}

}  // namespace
}  // namespace latent::space

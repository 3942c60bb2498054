#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/estimators.hpp>
#include <latent/autograd/reduce.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace latent {
namespace {

TEST(Estimators, ScaleGradientMultipliesByWeightsThatAreFilledLater) {
  Tensor x = Tensor::from<double>({1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 2});
  x.set_requires_grad();
  Tensor weights = Tensor::zeros({2, 2}, DType::f64);
  const Tensor y = scale_gradient(x, weights);
  EXPECT_EQ(y.to_vector(), x.to_vector());
  const Tensor loss = sum(square(y));  // d loss / d y = 2 y
  weights.copy_from(Tensor::from<double>({1.0, 0.0, -1.0, 0.5}, {2, 2}));
  backward(loss);
  EXPECT_EQ(x.grad().to_vector(), (std::vector<double>{2, 4, 0, 0, -10, -12, 7, 8}));
}

TEST(Estimators, StraightThroughHandsTheGradientOfTheValueToX) {
  Tensor x = Tensor::from<double>({0.4, -1.2}, {1, 2});
  x.set_requires_grad();
  const Tensor value = Tensor::from<double>({1.0, -2.0}, {1, 2});
  const Tensor y = straight_through(x, value);
  EXPECT_EQ(y.to_vector(), value.to_vector());
  backward(sum(square(y)));
  EXPECT_EQ(x.grad().to_vector(), (std::vector<double>{2.0, -4.0}));
  EXPECT_FALSE(value.grad().defined());
}

TEST(Estimators, OtherShapesAndTypesAreRefused) {
  const Tensor x = Tensor::zeros({3, 2});
  EXPECT_THROW(scale_gradient(x, Tensor::zeros({2})), std::invalid_argument);
  EXPECT_THROW(scale_gradient(x, Tensor::zeros({3, 1})), std::invalid_argument);
  EXPECT_THROW(scale_gradient(x, Tensor::zeros({3}, DType::f64)), std::invalid_argument);
  EXPECT_THROW(straight_through(x, Tensor::zeros({3})), std::invalid_argument);
  EXPECT_THROW(straight_through(x, Tensor::zeros({3, 2}, DType::f64)), std::invalid_argument);
}

}  // namespace
}  // namespace latent

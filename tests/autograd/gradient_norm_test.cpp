// d ||d critic / d x||^2 / d theta against what is known exactly: gradients written out with operations that have
// gradients themselves.
#include <latent/autograd/gradient_norm.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/conv.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/linear.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/rng.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace latent {
namespace {

using Critic = std::function<Tensor(const Tensor&)>;

Tensor normal_numbers(const Shape& shape, uint64_t stream, double scale = 1.0) {
  Tensor t = Tensor::empty(shape, DType::f64);
  Rng(11, stream).normal(t.span<double>());
  for (double& value : t.span<double>()) value *= scale;
  return t;
}

// A critic, its parameters, and ||d critic / d x||^2 (N) put together from its formula.
struct Known {
  std::vector<Tensor> parameters;
  Critic critic;
  std::function<Tensor(const Tensor& x)> squared_norm;
  Tensor x;
};

Tensor one_minus_square(const Tensor& t) { return affine(square(t), -1.0, 1.0); }

// w3 . tanh(W2 tanh(W1 x + b1) + b2); the parameters are looked up at each call, so that they may be replaced.
void make_mlp(Known& k) {
  std::vector<Tensor>& p = k.parameters;
  p = {normal_numbers({7, 5}, 1, 0.6), normal_numbers({7}, 2), normal_numbers({6, 7}, 3, 0.5), normal_numbers({6}, 4),
       normal_numbers({1, 6}, 5)};
  k.x = normal_numbers({4, 5}, 6);
  k.critic = [&p](const Tensor& x) {
    const Tensor t2 = linear(linear(x, p[0], p[1], Activation::tanh), p[2], p[3], Activation::tanh);
    return reshape(linear(t2, p[4], Tensor()), {x.dim(0)});
  };
  k.squared_norm = [&p](const Tensor& x) {
    const Tensor t1 = linear(x, p[0], p[1], Activation::tanh), t2 = linear(t1, p[2], p[3], Activation::tanh);
    const Tensor a2 = mul(one_minus_square(t2), reshape(p[4], {6}));  // (N, 6)
    const Tensor a1 = mul(matmul(a2, p[2]), one_minus_square(t1));    // (N, 7)
    return sum_per_sample(square(matmul(a1, p[0])));                  // g = (N, 5)
  };
}

// w . tanh(K * x + b), a strided convolution; its gradient is the transposed convolution by the same kernel.
void make_conv(Known& k) {
  static constexpr ConvOptions kOptions{.stride = 2, .padding = 1};
  std::vector<Tensor>& p = k.parameters;
  p = {normal_numbers({3, 2, 4, 4}, 1, 0.3), normal_numbers({3}, 2), normal_numbers({1, 4 * 3 * 3}, 3)};
  k.x = normal_numbers({3, 8, 6, 2}, 4);
  k.critic = [&p](const Tensor& x) {
    const Tensor h = conv2d(x, p[0], p[1], kOptions, Activation::tanh);  // (N, 4, 3, 3)
    return reshape(linear(flatten(h), p[2], Tensor()), {x.dim(0)});
  };
  k.squared_norm = [&p](const Tensor& x) {
    const Tensor h = conv2d(x, p[0], p[1], kOptions, Activation::tanh);
    const Tensor a = mul(one_minus_square(h), reshape(p[2], {4, 3, 3}));
    return sum_per_sample(square(conv_transpose2d(a, p[0], Tensor(), kOptions)));
  };
}

std::vector<double> gradients_of(Known& k, const std::function<Tensor()>& loss) {
  for (Tensor& p : k.parameters) {
    p.set_requires_grad();
    p.clear_grad();
  }
  backward(loss());
  std::vector<double> all;
  for (const Tensor& p : k.parameters) {
    if (!p.grad().defined()) {
      all.insert(all.end(), static_cast<size_t>(p.numel()), 0.0);
      continue;
    }
    for (const double value : p.grad().to_vector()) all.push_back(value);
  }
  return all;
}

// ||a - b|| / ||b||
double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0.0, size = 0.0;
  for (size_t i = 0; i < b.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(difference / size);
}

using Make = void (*)(Known&);
class GradientNorm : public ::testing::TestWithParam<std::pair<const char*, Make>> {
 protected:
  void SetUp() override { GetParam().second(known_); }
  Known known_;
};
INSTANTIATE_TEST_SUITE_P(Critics, GradientNorm,
                         ::testing::Values(std::pair<const char*, Make>{"mlp", make_mlp},
                                           std::pair<const char*, Make>{"conv", make_conv}),
                         [](const auto& i) { return i.param.first; });

// R1: the mean of the squares. WGAN-GP: how far the norms are from 1.
Tensor r1(const Tensor& squared_norms) { return affine(mean(squared_norms), 0.5); }
Tensor wgan_gp(const Tensor& squared_norms) { return mean(square(affine(sqrt(squared_norms), 1.0, -1.0))); }

TEST_P(GradientNorm, PenaltiesAndTheirGradientsAreTheExactOnesInDouble) {
  // Measured: 1e-10 at the step that is the default.
  constexpr double kTolerance = 1e-9;
  for (const auto& penalty : {r1, wgan_gp}) {
    double value = 0.0, exact_value = 0.0;
    const std::vector<double> exact = gradients_of(known_, [&] {
      const Tensor loss = penalty(known_.squared_norm(known_.x));
      exact_value = loss.item();
      return loss;
    });
    const std::vector<double> got = gradients_of(known_, [&] {
      const Tensor loss = penalty(squared_gradient_norm(known_.critic, known_.x));
      value = loss.item();
      return loss;
    });
    EXPECT_NEAR(value, exact_value, 1e-12 * std::abs(exact_value));
    EXPECT_LT(distance(got, exact), kTolerance);
  }
}

TEST_P(GradientNorm, ErrorFallsWithTheSquareOfTheStep) {
  const std::vector<double> exact = gradients_of(known_, [&] { return r1(known_.squared_norm(known_.x)); });
  std::vector<double> errors;
  for (const double step : {1e-2, 1e-3}) {
    errors.push_back(distance(
        gradients_of(known_, [&] { return r1(squared_gradient_norm(known_.critic, known_.x, {.step = step})); }),
        exact));
  }
  EXPECT_GT(errors[0], 1e-6);  // or there would be nothing to see
  EXPECT_NEAR(errors[0] / errors[1], 100.0, 10.0);
}

TEST_P(GradientNorm, SinglePrecisionIsGoodToFourDigits) {
  const std::vector<double> exact = gradients_of(known_, [&] { return r1(known_.squared_norm(known_.x)); });
  known_.x = known_.x.to(DType::f32);
  for (Tensor& p : known_.parameters) p = p.detach().to(DType::f32);
  const std::vector<double> got =
      gradients_of(known_, [&] { return r1(squared_gradient_norm(known_.critic, known_.x)); });
  EXPECT_LT(distance(got, exact), 2e-4);  // measured: 3e-5 and 6e-5
}

TEST(SquaredGradientNorm, LeavesEverythingElseAlone) {
  Known k;
  make_mlp(k);
  for (Tensor& p : k.parameters) p.set_requires_grad();
  const Tensor norms = squared_gradient_norm(k.critic, k.x);
  EXPECT_EQ(norms.shape(), Shape({4}));
  for (const Tensor& p : k.parameters) EXPECT_FALSE(p.grad().defined());  // before backward()
  EXPECT_FALSE(k.x.requires_grad());
}

TEST(SquaredGradientNorm, IsZeroWithoutAPullWhereTheCriticIsFlat) {
  Tensor w = Tensor::zeros({1, 3}, DType::f64);
  w.set_requires_grad();
  const Tensor x = Tensor::full({2, 3}, 1.0, DType::f64);
  const Tensor norms =
      squared_gradient_norm([&](const Tensor& in) { return reshape(linear(in, w, Tensor()), {2}); }, x);
  EXPECT_EQ(norms.to_vector(), (std::vector<double>{0.0, 0.0}));
  backward(sum(norms));
  EXPECT_EQ(w.grad().to_vector(), (std::vector<double>{0.0, 0.0, 0.0}));
}

TEST(SquaredGradientNorm, RefusesWhatItCannotUse) {
  const Tensor x = Tensor::zeros({2, 3}, DType::f64);
  const auto per_sample = [](const Tensor& in) { return sum_per_sample(square(in)); };
  EXPECT_THROW(squared_gradient_norm([](const Tensor& in) { return in; }, x), std::invalid_argument);
  EXPECT_THROW(squared_gradient_norm([](const Tensor&) { return Tensor::zeros({2}, DType::f64); }, x),
               std::invalid_argument);
  EXPECT_THROW(squared_gradient_norm(per_sample, Tensor::zeros({2, 3}, DType::i32)), std::invalid_argument);
  EXPECT_THROW(squared_gradient_norm(per_sample, x, {.step = -1.0}), std::invalid_argument);
  const NoGrad no_grad;
  EXPECT_THROW(squared_gradient_norm(per_sample, x), std::invalid_argument);
}

TEST(GradientOf, GivesOneLeafsGradientAndKeepsTheOthers) {
  Tensor a = Tensor::full({3}, 2.0, DType::f64), b = Tensor::full({3}, 5.0, DType::f64);
  a.set_requires_grad();
  b.set_requires_grad();
  EXPECT_EQ(gradient_of(sum(mul(a, mul(a, b))), a).to_vector(), (std::vector<double>{20, 20, 20}));
  EXPECT_FALSE(a.grad().defined() || b.grad().defined());
  EXPECT_EQ(gradient_of(sum(square(b)), a).to_vector(), (std::vector<double>{0, 0, 0}));  // does not depend on it
  const Tensor sum_of_both = sum(add(a, b));
  EXPECT_EQ(gradient_of(sum_of_both, b).to_vector(), (std::vector<double>{1, 1, 1}));
  EXPECT_THROW(gradient_of(sum_of_both, b), std::invalid_argument);  // the way back is forgotten
  EXPECT_THROW(gradient_of(sum(a), add(a, b)), std::invalid_argument);
  EXPECT_THROW(gradient_of(sum(a), Tensor::zeros({3})), std::invalid_argument);
}

}  // namespace
}  // namespace latent

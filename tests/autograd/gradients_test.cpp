// Every operation's gradient against central differences, in double.
#include <latent/autograd/backward.hpp>
#include <latent/autograd/conv.hpp>
#include <latent/autograd/conv1d.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/autograd/linear.hpp>
#include <latent/autograd/normalize.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/autograd/stft.hpp>
#include <latent/core/rng.hpp>

#include <gtest/gtest.h>

#include <functional>

namespace latent {
namespace {

// Central differences with a step of 1e-5 are exact to about 1e-10 relative for functions of moderate curvature.
constexpr double kTolerance = 1e-7;

using Inputs = std::span<const Tensor>;

Tensor normal(const Shape& shape, uint64_t stream, double scale = 1.0, double offset = 0.0) {
  Tensor t = Tensor::empty(shape, DType::f64);
  Rng rng(7, stream);
  rng.normal(t.span<double>());
  for (double& v : t.span<double>()) v = v * scale + offset;
  return t;
}

// Numbers away from zero, where |x|, relu and friends have their kinks.
Tensor away_from_zero(const Shape& shape, uint64_t stream) {
  Tensor t = normal(shape, stream);
  for (double& v : t.span<double>()) v += v > 0 ? 0.3 : -0.3;
  return t;
}

// A scalar that gives each element a gradient of its own.
Tensor weighed(const Tensor& y) {
  Tensor weights = Tensor::empty(y.shape(), DType::f64);
  for (int64_t i = 0; i < y.numel(); ++i) weights.data<double>()[i] = 0.1 * static_cast<double>(i % 7) - 0.25;
  return sum(mul(y, weights));
}

struct Case {
  std::string name;
  std::vector<Tensor> inputs;
  std::function<Tensor(Inputs)> function;
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class Gradients : public ::testing::TestWithParam<Case> {};

TEST_P(Gradients, MatchCentralDifferences) {
  const Case& c = GetParam();
  EXPECT_LT(gradient_error([&](Inputs in) { return weighed(c.function(in)); }, c.inputs), kTolerance);
}

std::vector<Case> elementwise_cases() {
  const Tensor x = away_from_zero(Shape{3, 5}, 1), y = away_from_zero(Shape{3, 5}, 2);
  const Tensor positive = normal(Shape{3, 5}, 3, 0.1, 2.0);
  std::vector<Case> cases = {
      {"add", {x, y}, [](Inputs in) { return in[0] + in[1]; }},
      {"sub", {x, y}, [](Inputs in) { return in[0] - in[1]; }},
      {"mul", {x, y}, [](Inputs in) { return in[0] * in[1]; }},
      {"div", {x, y}, [](Inputs in) { return in[0] / in[1]; }},
      {"mul_by_itself", {x}, [](Inputs in) { return in[0] * in[0]; }},
      {"mul_trailing", {x, normal(Shape{5}, 4)}, [](Inputs in) { return in[0] * in[1]; }},
      {"div_per_row", {x, away_from_zero(Shape{3, 1}, 5)}, [](Inputs in) { return in[0] / in[1]; }},
      {"sub_scalar", {x, normal(Shape{}, 6)}, [](Inputs in) { return in[0] - in[1]; }},
      {"affine", {x}, [](Inputs in) { return affine(in[0], -2.5, 0.5); }},
      {"exp", {x}, [](Inputs in) { return exp(in[0]); }},
      {"log", {positive}, [](Inputs in) { return log(in[0]); }},
      {"square", {x}, [](Inputs in) { return square(in[0]); }},
      {"sqrt", {positive}, [](Inputs in) { return sqrt(in[0]); }},
      {"abs", {x}, [](Inputs in) { return abs(in[0]); }},
      {"sigmoid", {x}, [](Inputs in) { return sigmoid(in[0]); }},
      {"softplus", {x}, [](Inputs in) { return softplus(in[0]); }},
      {"clamp", {x}, [](Inputs in) { return clamp(in[0], -1.0, 0.9); }},
  };
  for (const std::string_view name : activation_names()) {
    cases.push_back(
        {"activate_" + std::string(name), {x}, [a = activation_from(name)](Inputs in) { return activate(in[0], a); }});
  }
  return cases;
}

std::vector<Case> shape_cases() {
  const Tensor x = normal(Shape{3, 4}, 1), image = normal(Shape{2, 3, 4, 5}, 2), sequence = normal(Shape{2, 3, 4}, 5);
  static const std::vector<int64_t> kRows = {2, 0, 2};
  static const std::vector<int64_t> kLabels = {3, 0, 1};
  return {
      {"sum", {x}, [](Inputs in) { return sum(in[0]); }},
      {"mean", {x}, [](Inputs in) { return mean(in[0]); }},
      {"sum_per_sample", {image}, [](Inputs in) { return sum_per_sample(in[0]); }},
      {"sum_last", {image}, [](Inputs in) { return sum_last(in[0]); }},
      {"mean_first", {image}, [](Inputs in) { return mean_first(in[0]); }},
      {"logsumexp_first", {image}, [](Inputs in) { return logsumexp_first(in[0]); }},
      {"log_softmax", {x}, [](Inputs in) { return log_softmax(in[0]); }},
      {"reshape",
       {x},
       [](Inputs in) {
         return reshape(in[0], Shape{2, 6});
       }},
      {"columns", {image}, [](Inputs in) { return columns(in[0], 1, 4); }},
      {"pad_columns", {image}, [](Inputs in) { return pad_columns(in[0], 2, 1); }},
      {"concat_columns",
       {x, normal(Shape{3, 2}, 3)},
       [](Inputs in) {
         return concat_columns({in[0], in[1], in[0]});
       }},
      {"repeat", {x}, [](Inputs in) { return repeat(in[0], 3); }},
      {"gather_rows", {x}, [](Inputs in) { return gather_rows(in[0], kRows); }},
      {"channels_last", {image}, [](Inputs in) { return to_channels_last(in[0]); }},
      {"channels_first", {image}, [](Inputs in) { return to_channels_first(in[0]); }},
      {"sequence_channels_last", {sequence}, [](Inputs in) { return to_channels_last(in[0]); }},
      {"sequence_channels_first", {sequence}, [](Inputs in) { return to_channels_first(in[0]); }},
      {"matmul", {x, normal(Shape{4, 5}, 4)}, [](Inputs in) { return matmul(in[0], in[1]); }},
      {"cross_entropy", {x}, [](Inputs in) { return cross_entropy(in[0], kLabels); }},
  };
}

std::vector<Case> layer_cases() {
  const Tensor x = normal(Shape{3, 4}, 1), weight = normal(Shape{5, 4}, 2), bias = normal(Shape{5}, 3);
  const Tensor image = normal(Shape{2, 5, 6, 3}, 4), kernel = normal(Shape{4, 3, 3, 2}, 5),
               channels = normal(Shape{4}, 6);
  const Tensor small = normal(Shape{2, 3, 2, 4}, 7), sequence = normal(Shape{2, 7, 3}, 13);
  std::vector<Case> cases = {
      {"linear_without_bias", {x, weight}, [](Inputs in) { return linear(in[0], in[1], Tensor()); }},
      {"conv2d_stride_1", {image, kernel, channels}, [](Inputs in) { return conv2d(in[0], in[1], in[2], {}); }},
      {"conv2d_stride_2_padded",
       {image, kernel, channels},
       [](Inputs in) { return conv2d(in[0], in[1], in[2], {.stride = 2, .padding = 1}, Activation::tanh); }},
      {"conv2d_gelu",
       {image, kernel, channels},
       [](Inputs in) { return conv2d(in[0], in[1], in[2], {.stride = 2}, Activation::gelu); }},
      {"conv_transpose2d",
       {small, kernel, normal(Shape{3}, 8)},
       [](Inputs in) {
         return conv_transpose2d(in[0], in[1], in[2], {.stride = 2, .padding = 1, .output_padding = 1},
                                 Activation::tanh);
       }},
      {"conv_transpose2d_silu",
       {small, kernel, normal(Shape{3}, 8)},
       [](Inputs in) { return conv_transpose2d(in[0], in[1], in[2], {}, Activation::silu); }},
      {"stft_magnitudes", {normal(Shape{2, 11}, 16)}, [](Inputs in) { return stft_magnitudes(in[0], 8, 2); }},
      {"stft_magnitudes_of_a_short_signal",
       {normal(Shape{1, 2, 3}, 17)},
       [](Inputs in) { return stft_magnitudes(in[0], 6, 3); }},
      {"conv1d_causal",
       {sequence, normal(Shape{4, 3, 1, 4}, 14), channels},
       [](Inputs in) { return conv1d(in[0], in[1], in[2], {.stride = 2, .before = 2}, Activation::tanh); }},
      {"conv_transpose1d_causal",
       {sequence, normal(Shape{3, 4, 1, 4}, 15), channels},
       [](Inputs in) { return conv_transpose1d(in[0], in[1], in[2], {.stride = 2, .after = 2}, Activation::silu); }},
      {"batch_norm_train",
       {image, normal(Shape{3}, 9), normal(Shape{3}, 10)},
       [](Inputs in) {
         return batch_norm_train(in[0], in[1], in[2], Tensor::zeros(Shape{3}, DType::f64),
                                 Tensor::full(Shape{3}, 1.0, DType::f64));
       }},
      {"batch_norm_eval",
       {image, normal(Shape{3}, 9), normal(Shape{3}, 10)},
       [](Inputs in) {
         return batch_norm_eval(in[0], in[1], in[2], Tensor::full(Shape{3}, 0.2, DType::f64),
                                Tensor::full(Shape{3}, 1.5, DType::f64));
       }},
      {"group_norm",
       {small, normal(Shape{4}, 11), normal(Shape{4}, 12)},
       [](Inputs in) { return group_norm(in[0], in[1], in[2], 2); }},
  };
  for (const std::string_view name : activation_names()) {
    cases.push_back({"linear_" + std::string(name), {x, weight, bias}, [a = activation_from(name)](Inputs in) {
                       return linear(in[0], in[1], in[2], a);
                     }});
  }
  return cases;
}

std::vector<Case> probability_cases() {
  const Tensor mu = normal(Shape{3, 4}, 1), logvar = normal(Shape{3, 4}, 2, 0.5), eps = normal(Shape{3, 4}, 3);
  const Tensor eps_k = normal(Shape{2, 3, 4}, 4), stats = normal(Shape{3, 8}, 5, 0.5);
  const Tensor x = away_from_zero(Shape{3, 4}, 6);
  const double guess = -0.25;  // what weighed() gives the first sample, so that both ways back are taken
  return {
      {"gaussian_kl", {mu, logvar}, [](Inputs in) { return gaussian_kl(in[0], in[1]); }},
      {"reparameterize", {mu, logvar}, [eps](Inputs in) { return reparameterize(in[0], in[1], eps); }},
      {"reparameterize_k", {mu, logvar}, [eps_k](Inputs in) { return reparameterize(in[0], in[1], eps_k); }},
      {"gaussian_sample",
       {stats},
       [eps](Inputs in) {
         const auto s = gaussian_sample(in[0], eps);
         return add(s.z, square(s.kl));
       }},
      {"gaussian_sample_z_alone", {stats}, [eps](Inputs in) { return gaussian_sample(in[0], eps).z; }},
      {"gaussian_sample_kl_alone", {stats}, [eps](Inputs in) { return gaussian_sample(in[0], eps).kl; }},
      {"gaussian_log_prob",
       {mu, normal(Shape{4}, 7), normal(Shape{4}, 8)},
       [](Inputs in) { return gaussian_log_prob(in[0], in[1], in[2]); }},
      {"standard_normal_log_prob", {mu}, [](Inputs in) { return standard_normal_log_prob(in[0]); }},
      {"bernoulli_nll", {mu}, [x](Inputs in) { return bernoulli_nll(in[0], sigmoid(x)); }},
      {"bernoulli_nll_guess", {mu}, [x, guess](Inputs in) { return bernoulli_nll(in[0], sigmoid(x), guess); }},
      {"gaussian_nll", {mu}, [x, guess](Inputs in) { return gaussian_nll(in[0], x, 0.7, guess); }},
      {"gaussian_nll_learned", {mu, normal(Shape{}, 9)}, [x](Inputs in) { return gaussian_nll(in[0], in[1], x); }},
      {"gaussian_nll_per_value", {mu, logvar}, [x](Inputs in) { return gaussian_nll(in[0], in[1], x); }},
      {"laplace_nll", {mu}, [x](Inputs in) { return laplace_nll(in[0], affine(x, 3.0), 0.7); }},
  };
}

const auto kName = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Elementwise, Gradients, ::testing::ValuesIn(elementwise_cases()), kName);
INSTANTIATE_TEST_SUITE_P(Shapes, Gradients, ::testing::ValuesIn(shape_cases()), kName);
INSTANTIATE_TEST_SUITE_P(Layers, Gradients, ::testing::ValuesIn(layer_cases()), kName);
INSTANTIATE_TEST_SUITE_P(Probability, Gradients, ::testing::ValuesIn(probability_cases()), kName);

TEST(Backward, AddsUpOverBranchesAndCalls) {
  Tensor x = Tensor::full(Shape{2}, 3.0, DType::f64);
  x.set_requires_grad();
  backward(sum(add(square(x), x)));
  EXPECT_EQ(x.grad().to_vector(), (std::vector<double>{7, 7}));
  backward(sum(x));
  EXPECT_EQ(x.grad().to_vector(), (std::vector<double>{8, 8}));
  x.clear_grad();
  EXPECT_FALSE(x.grad().defined());
}

TEST(Backward, RightGuessOfTheLikelihoodGivesTheSameGradient) {
  Tensor logits = normal(Shape{4, 6}, 1).to(DType::f32);
  const Tensor x = sigmoid(normal(Shape{4, 6}, 2).to(DType::f32));
  logits.set_requires_grad();
  backward(mean(bernoulli_nll(logits, x, 0.25)));
  const auto guessed = logits.grad().to_vector();
  logits.clear_grad();
  backward(mean(bernoulli_nll(logits, x)));
  EXPECT_EQ(guessed, logits.grad().to_vector());
}

TEST(Backward, AGradientThatTwoOperationsShareIsNotOverwritten) {
  // add() hands one gradient to both of its inputs; the activations of both layers want to multiply it by their slopes.
  Tensor x = normal(Shape{3, 4}, 1), w = normal(Shape{4, 4}, 2);
  const auto function = [](Inputs in) {
    const Tensor a = linear(in[0], in[1], Tensor(), Activation::tanh),
                 b = linear(in[0], in[1], Tensor(), Activation::sigmoid);
    return sum(square(add(a, b)));
  };
  EXPECT_LT(gradient_error(function, {x, w}), kTolerance);
}

TEST(Backward, ASecondTimeThroughASharedPartIsRefused) {
  Tensor x = Tensor::full(Shape{2}, 3.0);
  x.set_requires_grad();
  const Tensor shared = square(x);
  const Tensor first = sum(shared), second = sum(affine(shared, 10.0)), apart = sum(square(x));
  backward(first);
  const std::vector<double> gradient = x.grad().to_vector();
  EXPECT_EQ(gradient, (std::vector<double>{6, 6}));
  EXPECT_THROW(backward(second), std::invalid_argument);
  EXPECT_THROW(backward(first), std::invalid_argument);
  EXPECT_EQ(x.grad().to_vector(), gradient) << "a refused call must not change anything";
  // What shares nothing but the leaf adds up.
  backward(apart);
  EXPECT_EQ(x.grad().to_vector(), (std::vector<double>{12, 12}));
}

TEST(Backward, NothingIsRecordedUnderNoGrad) {
  Tensor x = Tensor::full(Shape{2}, 3.0);
  x.set_requires_grad();
  const NoGrad guard;
  EXPECT_FALSE(square(x).requires_grad());
}

TEST(Backward, WrongCallsAreRefused) {
  Tensor x = Tensor::full(Shape{2}, 3.0);
  EXPECT_THROW(backward(sum(x)), std::invalid_argument);
  x.set_requires_grad();
  EXPECT_THROW(backward(square(x)), std::invalid_argument);
  EXPECT_THROW(add(x, Tensor::zeros(Shape{3})), std::invalid_argument);
  EXPECT_THROW(add(x, Tensor::zeros(Shape{2}, DType::f64)), std::invalid_argument);
  EXPECT_THROW(linear(Tensor::zeros(Shape{2, 3}), Tensor::zeros(Shape{4, 5}), Tensor()), std::invalid_argument);
  EXPECT_THROW(conv2d(Tensor::zeros(Shape{1, 2, 2, 1}), Tensor::zeros(Shape{1, 1, 3, 3}), Tensor(), {}),
               std::invalid_argument);
  EXPECT_THROW(bernoulli_nll(x, Tensor::zeros(Shape{3})), std::invalid_argument);
  EXPECT_THROW(group_norm(Tensor::zeros(Shape{2, 3}), Tensor::zeros(Shape{3}), Tensor::zeros(Shape{3}), 2),
               std::invalid_argument);
  EXPECT_THROW(gather_rows(Tensor::zeros(Shape{2, 3}), std::vector<int64_t>{2}), std::invalid_argument);
}

}  // namespace
}  // namespace latent

// Layers: tensors and initial values as PyTorch's, and what forward() does beyond its operation.

#include <latent/nn/layers.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace latent::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::pair<std::string, Shape>> tensors_of(const Module& module) {
  std::vector<std::pair<std::string, Shape>> tensors;
  for (const NamedTensor& t : module.state()) tensors.emplace_back(t.name, t.tensor.shape());
  return tensors;
}

TEST(Layers, TensorsAreShapedAsPyTorchs) {
  using Tensors = std::vector<std::pair<std::string, Shape>>;
  Rng rng(0);
  EXPECT_EQ(tensors_of(Linear({.in = 3, .out = 5}, rng)), (Tensors{{"weight", {5, 3}}, {"bias", {5}}}));
  EXPECT_EQ(tensors_of(Conv2d({.in = 3, .out = 5, .kernel = 4}, rng)),
            (Tensors{{"weight", {5, 3, 4, 4}}, {"bias", {5}}}));
  EXPECT_EQ(tensors_of(ConvTranspose2d({.in = 3, .out = 5, .kernel = 4}, rng)),
            (Tensors{{"weight", {3, 5, 4, 4}}, {"bias", {5}}}));
  EXPECT_EQ(tensors_of(BatchNorm(6)),
            (Tensors{{"weight", {6}}, {"bias", {6}}, {"running_mean", {6}}, {"running_var", {6}}}));
  EXPECT_EQ(tensors_of(GroupNorm(2, 6)), (Tensors{{"weight", {6}}, {"bias", {6}}}));
}

// Uniform on +-bound: within it, up to its ends, with its mean and variance.
void expect_uniform(const Tensor& tensor, double bound, const std::string& what) {
  SCOPED_TRACE(what);
  const std::vector<double> values = tensor.to_vector();
  const auto n = static_cast<double>(values.size());
  double sum = 0.0, squares = 0.0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  constexpr double kRounding = 1e-6;
  EXPECT_GE(*low, -bound * (1 + kRounding));
  EXPECT_LE(*high, bound * (1 + kRounding));
  // Missed by all of n draws with probability exp(-10) at each end.
  EXPECT_LT(*low, -bound * (1 - 20.0 / n));
  EXPECT_GT(*high, bound * (1 - 20.0 / n));
  // Five standard errors: x has variance 1/3 and x^2 variance 4/45 on [-1, 1].
  EXPECT_NEAR(sum / n, 0.0, 5 * bound * std::sqrt(1.0 / (3 * n)));
  EXPECT_NEAR(squares / n, bound * bound / 3, 5 * bound * bound * std::sqrt(4.0 / (45 * n)));
}

TEST(Layers, WeightsAndBiasesStartAsPyTorchs) {
  Rng rng(1);
  const Linear linear({.in = 100, .out = 400}, rng);
  expect_uniform(linear.weight, 1 / std::sqrt(100.0), "Linear weight");
  expect_uniform(linear.bias, 1 / std::sqrt(100.0), "Linear bias");
  const Conv2d conv({.in = 8, .out = 300, .kernel = 5}, rng);
  expect_uniform(conv.weight, 1 / std::sqrt(8.0 * 25), "Conv2d weight");
  expect_uniform(conv.bias, 1 / std::sqrt(8.0 * 25), "Conv2d bias");
  // Here PyTorch counts the fan from `out`.
  const ConvTranspose2d transpose({.in = 8, .out = 300, .kernel = 5}, rng);
  expect_uniform(transpose.weight, 1 / std::sqrt(300.0 * 25), "ConvTranspose2d weight");
  expect_uniform(transpose.bias, 1 / std::sqrt(300.0 * 25), "ConvTranspose2d bias");

  const BatchNorm batch(2);
  EXPECT_THAT(batch.weight.to_vector(), ElementsAre(1, 1));
  EXPECT_THAT(batch.bias.to_vector(), ElementsAre(0, 0));
  EXPECT_THAT(batch.running_mean.to_vector(), ElementsAre(0, 0));
  EXPECT_THAT(batch.running_var.to_vector(), ElementsAre(1, 1));
  const GroupNorm group(1, 2);
  EXPECT_THAT(group.weight.to_vector(), ElementsAre(1, 1));
  EXPECT_THAT(group.bias.to_vector(), ElementsAre(0, 0));
}

TEST(Layers, InitialValuesDependOnTheTapeAlone) {
  Rng a(5), b(5), c(6);
  const Linear one({.in = 3, .out = 2}, a), same({.in = 3, .out = 2}, b), other({.in = 3, .out = 2}, c);
  EXPECT_EQ(one.weight.to_vector(), same.weight.to_vector());
  EXPECT_NE(one.weight.to_vector(), other.weight.to_vector());
  const Linear next({.in = 3, .out = 2}, a);  // the tape moves on
  EXPECT_NE(one.weight.to_vector(), next.weight.to_vector());
}

TEST(Layers, LinearByHand) {
  Rng rng(0);
  Linear layer({.in = 2, .out = 2, .activation = Activation::relu}, rng);
  layer.weight.copy_from(Tensor::from<float>({1, 2, -3, 4}, {2, 2}));
  layer.bias.copy_from(Tensor::from<float>({0.5f, 1}, {2}));
  const Tensor x = Tensor::from<float>({1, 1, 2, 0}, {2, 2});
  EXPECT_THAT(layer.forward(x, Mode::train).to_vector(), ElementsAre(3.5, 2, 2.5, 0));
}

TEST(Layers, BatchNormLearnsItsStatisticsInTrainingAlone) {
  const BatchNorm layer(1);
  const Tensor x = Tensor::from<float>({1, 3}, {2, 1});  // mean 2, variance 1, unbiased 2
  constexpr double kEps = 1e-5, kTolerance = 1e-5;
  const std::vector<double> normalised = layer.forward(x, Mode::train).to_vector();
  EXPECT_NEAR(normalised[0], -1.0, kTolerance);
  EXPECT_NEAR(normalised[1], 1.0, kTolerance);
  EXPECT_NEAR(layer.running_mean.item(), 0.1 * 2, kTolerance);
  EXPECT_NEAR(layer.running_var.item(), 0.9 * 1 + 0.1 * 2, kTolerance);

  const double mean = layer.running_mean.item(), variance = layer.running_var.item();
  EXPECT_NEAR(layer.forward(x, Mode::eval).to_vector()[1], (3 - mean) / std::sqrt(variance + kEps), kTolerance);
  EXPECT_EQ(layer.running_mean.item(), mean);
  EXPECT_EQ(layer.running_var.item(), variance);
  // One value per channel has no variance: it is treated as new data, and teaches nothing.
  EXPECT_NEAR(layer.forward(x.rows(1, 2), Mode::train).item(), (3 - mean) / std::sqrt(variance + kEps), kTolerance);
  EXPECT_EQ(layer.running_var.item(), variance);
}

TEST(Layers, GroupNormLooksAtOneSampleAndOneGroup) {
  const GroupNorm layer(2, 4);
  const Tensor x = Tensor::from<float>({1, 3, 10, 30, 5, 5, 0, 2}, {2, 4});
  const std::vector<double> expected = {-1, 1, -1, 1, 0, 0, -1, 1};
  const std::vector<double> y = layer.forward(x, Mode::train).to_vector();
  constexpr double kTolerance = 1e-5;
  for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], kTolerance);
  EXPECT_EQ(y, layer.forward(x, Mode::eval).to_vector());
}

TEST(Layers, ShapesThereAndBack) {
  std::vector<float> values(2 * 3 * 4 * 5);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const Tensor x = Tensor::from(values, {2, 3, 4, 5});
  const Tensor last = ToChannelsLast().forward(x, Mode::eval);
  EXPECT_EQ(last.shape(), Shape({2, 4, 5, 3}));
  EXPECT_THAT(last.rows(0, 1).view_as({20, 3}).rows(1, 2).to_vector(), ElementsAre(1, 21, 41));
  const Tensor first = ToChannelsFirst().forward(last, Mode::eval);
  EXPECT_EQ(first.shape(), x.shape());
  EXPECT_EQ(first.to_vector(), x.to_vector());
  const Tensor flat = Flatten().forward(x, Mode::eval);
  EXPECT_EQ(flat.shape(), Shape({2, 60}));
  const Tensor back = Unflatten({3, 4, 5}).forward(flat, Mode::eval);
  EXPECT_EQ(back.shape(), x.shape());
  EXPECT_EQ(back.to_vector(), x.to_vector());
}

TEST(Layers, SequentialIsOneAfterTheOther) {
  Rng rng(3);
  auto linear = std::make_unique<Linear>(Linear::Options{.in = 3, .out = 2}, rng);
  auto norm = std::make_unique<BatchNorm>(2);
  const Linear* first = linear.get();
  const BatchNorm* second = norm.get();
  Sequential net;
  EXPECT_EQ(net.push(std::move(linear)).push(std::move(norm)).size(), 2u);
  const Tensor x = Tensor::from<float>({1, 2, 3, 3, 2, 0}, {2, 3});
  const std::vector<double> whole = net.forward(x, Mode::eval).to_vector();
  EXPECT_EQ(whole, second->forward(first->forward(x, Mode::eval), Mode::eval).to_vector());
  EXPECT_NE(whole, net.forward(x, Mode::train).to_vector());  // the mode reaches the layers
  EXPECT_EQ(Sequential().forward(x, Mode::eval).to_vector(), x.to_vector());
}

TEST(Layers, BadOptionsAreRefusedByName) {
  Rng rng(0);
  const auto refusal = [](const std::function<void()>& make) -> std::string {
    try {
      make();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal([&] { Linear({.in = 0, .out = 2}, rng); }), HasSubstr("[Linear] sizes of at least 1"));
  EXPECT_THAT(refusal([&] { Linear({.in = 2, .out = -1}, rng); }), HasSubstr("2 -> -1"));
  EXPECT_THAT(refusal([&] { Conv2d({.in = 1, .out = 0}, rng); }), HasSubstr("[Conv2d] channels and kernel"));
  EXPECT_THAT(refusal([&] { Conv2d({.in = 1, .out = 1, .kernel = 0}, rng); }), HasSubstr("kernel 0"));
  EXPECT_THAT(refusal([&] { ConvTranspose2d({.in = 0, .out = 1}, rng); }), HasSubstr("[ConvTranspose2d] channels"));
  EXPECT_THAT(refusal([] { GroupNorm(4, 6); }), HasSubstr("[GroupNorm] groups must divide the 6 channels, got 4"));
  EXPECT_THAT(refusal([] { GroupNorm(0, 6); }), HasSubstr("got 0"));
}

TEST(Layers, InputOfAnotherWidthIsRefused) {
  Rng rng(0);
  const Linear linear({.in = 3, .out = 2}, rng);
  EXPECT_THROW(linear.forward(Tensor::zeros({4, 5}), Mode::eval), std::invalid_argument);
  const Conv2d conv({.in = 3, .out = 2}, rng);
  EXPECT_THROW(conv.forward(Tensor::zeros({1, 3, 8, 8}), Mode::eval), std::invalid_argument);  // channels are last
  const BatchNorm norm(3);
  EXPECT_THROW(norm.forward(Tensor::zeros({4, 5}), Mode::eval), std::invalid_argument);
  EXPECT_THROW(Unflatten({2, 3}).forward(Tensor::zeros({4, 5}), Mode::eval), std::invalid_argument);
}

}  // namespace
}  // namespace latent::nn

// The tree of named tensors, and the precision that goes through it.

#include <latent/nn/layers.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent::nn {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> names_of(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& t : tensors) names.push_back(t.name);
  return names;
}

// Two children, and between them a parameter and a buffer of its own.
class Tree : public Module {
 public:
  explicit Tree(Rng& rng) {
    body.push(std::make_unique<Linear>(Linear::Options{.in = 3, .out = 4}, rng))
        .push(std::make_unique<ActivationLayer>(Activation::relu))
        .push(std::make_unique<BatchNorm>(4));
    add_child("body", body);
    scale = add_parameter("scale", Tensor::full({2}, 1.0));
    count = add_buffer("count", Tensor::zeros({}));
    add_child("head", head);
  }

  Sequential body;
  Tensor scale, count;
  GroupNorm head{2, 4};
};

TEST(Module, NamesAreThoseOfPyTorch) {
  Rng rng(0);
  const Tree tree(rng);
  // A module's own tensors come before those of its children, as in PyTorch; a layer without tensors keeps its number.
  EXPECT_THAT(names_of(tree.parameters()), ElementsAre("scale", "body.0.weight", "body.0.bias", "body.2.weight",
                                                       "body.2.bias", "head.weight", "head.bias"));
  EXPECT_THAT(names_of(tree.buffers()), ElementsAre("count", "body.2.running_mean", "body.2.running_var"));
  EXPECT_THAT(names_of(tree.state()),
              ElementsAre("scale", "count", "body.0.weight", "body.0.bias", "body.2.weight", "body.2.bias",
                          "body.2.running_mean", "body.2.running_var", "head.weight", "head.bias"));
  EXPECT_EQ(tree.num_parameters(), 2 + (12 + 4) + (4 + 4) + (4 + 4));
}

TEST(Module, ListsItsTensorsThemselvesAndTrainsItsParameters) {
  Rng rng(0);
  const Tree tree(rng);
  EXPECT_TRUE(tree.parameters().front().tensor.same_as(tree.scale));
  EXPECT_TRUE(tree.buffers().front().tensor.same_as(tree.count));
  for (const NamedTensor& t : tree.parameters()) EXPECT_TRUE(t.tensor.requires_grad()) << t.name;
  for (const NamedTensor& t : tree.buffers()) EXPECT_FALSE(t.tensor.requires_grad()) << t.name;
}

TEST(Module, Bf16CopiesBelongToFactorsOfProductsAlone) {
  Rng rng(0);
  Sequential net;
  net.push(std::make_unique<Conv2d>(Conv2d::Options{.in = 2, .out = 3}, rng))
      .push(std::make_unique<BatchNorm>(3))
      .push(std::make_unique<ConvTranspose2d>(ConvTranspose2d::Options{.in = 3, .out = 2}, rng))
      .push(std::make_unique<GroupNorm>(1, 2))
      .push(std::make_unique<Linear>(Linear::Options{.in = 4, .out = 5}, rng));
  const auto copied = [&] {
    std::vector<std::string> names;
    for (const NamedTensor& t : net.state()) {
      if (t.tensor.bf16_copy().defined()) names.push_back(t.name);
    }
    return names;
  };
  EXPECT_THAT(copied(), ElementsAre());
  const std::vector<double> before = net.parameters().front().tensor.to_vector();
  net.use_bf16(true);
  EXPECT_THAT(copied(), ElementsAre("0.weight", "2.weight", "4.weight"));
  const Tensor weight = net.parameters().front().tensor;
  EXPECT_EQ(weight.dtype(), DType::f32);
  EXPECT_EQ(weight.to_vector(), before);
  EXPECT_EQ(weight.bf16_copy().dtype(), DType::bf16);
  EXPECT_EQ(weight.bf16_copy().to_vector(), weight.to(DType::bf16).to_vector());
  net.use_bf16(false);
  EXPECT_THAT(copied(), ElementsAre());
}

// Between layers bf16 may be handed on; who asks for f32 gets it, and without copies there is only f32.
TEST(Module, OutputsAreOfTheTypeThatTheLayerWasToldToEndIn) {
  Rng rng(0);
  for (const Output output : {Output::compute_type, Output::f32}) {
    Linear linear({.in = 3, .out = 2, .output = output}, rng);
    Conv2d conv({.in = 3, .out = 2, .conv = {.padding = 1}, .output = output}, rng);
    ConvTranspose2d transpose({.in = 3, .out = 2, .conv = {}, .output = output}, rng);
    const std::vector<std::pair<Layer*, Tensor>> layers = {{&linear, Tensor::full({4, 3}, 0.5)},
                                                           {&conv, Tensor::full({1, 5, 5, 3}, 0.5)},
                                                           {&transpose, Tensor::full({1, 5, 5, 3}, 0.5)}};
    for (const auto& [layer, x] : layers) {
      const Tensor plain = layer->forward(x, Mode::eval);
      EXPECT_EQ(plain.dtype(), DType::f32);
      layer->use_bf16(true);
      const Tensor fast = layer->forward(x, Mode::eval);
      EXPECT_EQ(fast.dtype(), output == Output::compute_type ? DType::bf16 : DType::f32);
      // Absolute values of at most 27 products add up to 3.2 at most; weights and result are rounded by 1 in 512.
      constexpr double kTolerance = 2 * 3.2 / 512;
      const std::vector<double> a = plain.to_vector(), b = fast.to_vector();
      for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], kTolerance);
    }
  }
}

}  // namespace
}  // namespace latent::nn

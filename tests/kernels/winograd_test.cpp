// Convolutions by Winograd's method against the definition in double precision.

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/conv.hpp>
#include <latent/kernels/cpu/winograd.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace latent::kernels {
namespace {

using Values = std::vector<float>;

Conv conv_of(int64_t N, int64_t H, int64_t W, int64_t C, int64_t F) {
  return {.N = N, .H = H, .W = W, .C = C, .F = F, .kh = 3, .kw = 3, .OH = H, .OW = W, .stride = 1, .padding = 1};
}

Values normal_values(int64_t count, uint64_t stream) {
  Values values(static_cast<size_t>(count));
  Rng(7, stream).normal(values);
  return values;
}

std::vector<double> in_double(const Values& values) { return {values.begin(), values.end()}; }

// The root of the mean squared difference beside that of what is expected.
double error_beside(const Values& values, const std::vector<double>& expected) {
  double difference = 0.0, size = 0.0;
  for (size_t i = 0; i < values.size(); ++i) {
    difference += std::pow(values[i] - expected[i], 2);
    size += std::pow(expected[i], 2);
  }
  return std::sqrt(difference / size);
}

struct WinogradCase {
  std::string name;
  Conv conv;
};

class Winograd : public testing::TestWithParam<WinogradCase> {
 protected:
  const Conv conv = GetParam().conv;
  const int64_t pixels = conv.N * conv.H * conv.W;
  const Values x = normal_values(pixels * conv.C, 1), weight = normal_values(conv.F * conv.C * 9, 2),
               bias = normal_values(conv.F, 3);
  const Values dy = normal_values(pixels * conv.F, 4);
  Conv exact() const {
    Conv c = conv;
    c.compute = DType::f64;
    return c;
  }
};

constexpr double kWinogradTolerance = 1e-5;

TEST_P(Winograd, ForwardIsTheDefinition) {
  on_every_target([&] {
    for (const Activation activation : {Activation::none, Activation::relu, Activation::leaky_relu, Activation::silu}) {
      Values y(dy.size());
      std::vector<double> expected(dy.size());
      winograd::forward(conv, x.data(), weight.data(), bias.data(), activation, y.data());
      conv_forward(exact(), in_double(x).data(), in_double(weight).data(), in_double(bias).data(), activation,
                   expected.data(), DType::f64);
      EXPECT_LT(error_beside(y, expected), kWinogradTolerance) << name_of(activation);
    }
  });
}

TEST_P(Winograd, WithoutBias) {
  on_every_target([&] {
    Values y(dy.size());
    std::vector<double> expected(dy.size());
    winograd::forward(conv, x.data(), weight.data(), nullptr, Activation::none, y.data());
    conv_forward(exact(), in_double(x).data(), in_double(weight).data(), nullptr, Activation::none, expected.data(),
                 DType::f64);
    EXPECT_LT(error_beside(y, expected), kWinogradTolerance);
  });
}

TEST_P(Winograd, GradientsAreTheDefinition) {
  on_every_target([&] {
    Values dx(x.size()), dweight(weight.size());
    std::vector<double> expected_dx(x.size()), expected_dweight(weight.size());
    winograd::backward_data(conv, dy.data(), weight.data(), dx.data());
    winograd::backward_weight(conv, x.data(), dy.data(), dweight.data());
    conv_backward_data(exact(), in_double(dy).data(), in_double(weight).data(), expected_dx.data(), DType::f64);
    conv_backward_weight(exact(), in_double(x).data(), in_double(dy).data(), expected_dweight.data());
    EXPECT_LT(error_beside(dx, expected_dx), kWinogradTolerance);
    EXPECT_LT(error_beside(dweight, expected_dweight), kWinogradTolerance);
  });
}

// Whatever else is computed beside it: neither other images nor threads change a bit.
TEST_P(Winograd, AnImageIsComputedAlikeAloneAndAmongOthers) {
  const int threads = num_threads();
  Values all(dy.size());
  winograd::forward(conv, x.data(), weight.data(), bias.data(), Activation::relu, all.data());
  Conv one = conv;
  one.N = 1;
  const int64_t in = conv.H * conv.W * conv.C, out = conv.H * conv.W * conv.F, last = conv.N - 1;
  Values alone(static_cast<size_t>(out));
  set_num_threads(1);
  winograd::forward(one, x.data() + last * in, weight.data(), bias.data(), Activation::relu, alone.data());
  set_num_threads(threads);
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + last * out));
}

INSTANTIATE_TEST_SUITE_P(Shapes, Winograd,
                         testing::Values(WinogradCase{"whole_tiles", conv_of(2, 8, 8, 32, 32)},
                                         WinogradCase{"odd_sides", conv_of(3, 7, 9, 32, 48)},
                                         WinogradCase{"more_tiles_than_a_block", conv_of(5, 14, 14, 64, 32)},
                                         WinogradCase{"many_channels", conv_of(1, 7, 7, 128, 160)},
                                         WinogradCase{"smaller_than_a_tile", conv_of(2, 3, 3, 48, 32)}),
                         [](const auto& info) { return info.param.name; });

TEST(WinogradFits, DependsOnTheShapeOfAnImage) {
  EXPECT_TRUE(winograd::fits(conv_of(1, 28, 28, 32, 64)));
  EXPECT_TRUE(winograd::fits(conv_of(500, 7, 7, 128, 128)));
  EXPECT_FALSE(winograd::fits(conv_of(1, 5, 5, 64, 64))) << "most of the tiles would be empty";
  EXPECT_FALSE(winograd::fits(conv_of(1, 28, 28, 1, 32)));
  EXPECT_FALSE(winograd::fits(conv_of(1, 28, 28, 40, 64)));
  Conv strided = conv_of(1, 28, 28, 64, 64);
  strided.stride = 2, strided.OH = 14, strided.OW = 14;
  EXPECT_FALSE(winograd::fits(strided));
  Conv in_bf16 = conv_of(1, 28, 28, 64, 64);
  in_bf16.compute = DType::bf16;
  EXPECT_FALSE(winograd::fits(in_bf16));
}

// The three passes that everybody calls take the method by themselves.
TEST(WinogradFits, ConvolutionsTakeIt) {
  const Conv c = conv_of(2, 8, 8, 32, 32);
  const Values x = normal_values(2 * 64 * 32, 1), weight = normal_values(32 * 32 * 9, 2);
  Values y(x.size()), by_name(x.size()), dweight(weight.size()), dweight_by_name(weight.size());
  conv_forward(c, x.data(), weight.data(), nullptr, Activation::none, y.data(), DType::f32);
  winograd::forward(c, x.data(), weight.data(), nullptr, Activation::none, by_name.data());
  EXPECT_EQ(y, by_name);
  conv_backward_data(c, x.data(), weight.data(), y.data(), DType::f32);
  winograd::backward_data(c, x.data(), weight.data(), by_name.data());
  EXPECT_EQ(y, by_name);
  conv_backward_weight(c, x.data(), x.data(), dweight.data());
  winograd::backward_weight(c, x.data(), x.data(), dweight_by_name.data());
  EXPECT_EQ(dweight, dweight_by_name);
}

}  // namespace
}  // namespace latent::kernels

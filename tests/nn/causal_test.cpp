#include <latent/autograd/backward.hpp>
#include <latent/nn/causal_runner.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <cmath>

namespace latent::nn {
namespace {

Tensor normal(const Shape& shape, uint64_t stream) {
  Tensor t = Tensor::empty(shape);
  Rng(9, stream).normal(t.span<float>());
  return t;
}

// Every weight away from zero, masked or not.
std::unique_ptr<CausalNetwork> random_network(const CausalNetwork::Options& options) {
  Rng rng(4);
  auto network = std::make_unique<CausalNetwork>(options, rng);
  for (const NamedTensor& t : network->parameters()) {
    for (float& w : Tensor(t.tensor).span<float>()) w += w < 0 ? -0.02f : 0.02f;
  }
  return network;
}

constexpr CausalNetwork::Options kColour{
    .channels = 3, .features = 2, .outputs_per_value = 2, .hidden = 5, .layers = 2, .reach = 2};

TEST(CausalNetwork, AValueChangesOnlyWhatComesAfterIt) {
  const NoGrad no_grad;
  const auto network = random_network(kColour);
  const int64_t H = 4, W = 5, C = 3;
  const Tensor features = normal({1, 2, H, W}, 1), x = normal({1, C, H, W}, 2);
  const std::vector<double> before = network->forward(features, x).to_vector();
  for (const int64_t changed : {0, 7, 12, 19}) {
    for (int64_t channel = 0; channel < C; ++channel) {
      Tensor other = x.clone();
      other.data<float>()[channel * H * W + changed] += 1.0f;
      const std::vector<double> after = network->forward(features, other).to_vector();
      for (size_t i = 0; i < after.size(); ++i) {
        const auto place = static_cast<int64_t>(i) / (2 * C), c = static_cast<int64_t>(i) / 2 % C;
        const bool may_see = place > changed || (place == changed && c > channel);
        if (!may_see) {
          EXPECT_EQ(after[i], before[i]) << "place " << place << " sees " << changed;
        }
        if (place == changed + 1 && place % W != 0) {
          EXPECT_NE(after[i], before[i]) << "place " << place;
        }
        if (place == changed && c > channel) {
          EXPECT_NE(after[i], before[i]) << "channel " << c;
        }
      }
    }
  }
}

TEST(CausalRunner, ComputesWhatTheNetworkDoes) {
  const NoGrad no_grad;
  const auto network = random_network(kColour);
  const int64_t N = 19, H = 4, W = 5, C = 3;
  const Tensor features = normal({N, 2, H, W}, 1), x = normal({N, C, H, W}, 2);
  const std::vector<double> expected = network->forward(features, x).to_vector();
  const CausalRunner runner(*network, H, W);
  Tensor first;
  on_every_target([&] {
    Tensor seen = Tensor::empty({N, H * W, C, 2});
    const Tensor images =
        runner.generate(features, [&](int64_t image, int64_t value, const float* outputs, float* row) {
          for (int64_t lane = 0; lane < std::min(CausalRunner::kImages, N - image); ++lane) {
            row[lane] = x.data<float>()[(image + lane) * C * H * W + value];
            const int64_t place = value % (H * W), c = value / (H * W);
            for (int64_t j = 0; j < 2; ++j) {
              seen.data<float>()[(((image + lane) * H * W + place) * C + c) * 2 + j] =
                  outputs[j * CausalRunner::kImages + lane];
            }
          }
        });
    EXPECT_EQ(images.to_vector(), x.to_vector());
    for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(seen.data<float>()[i], expected[i], 1e-5);
    if (!first.defined()) first = seen;
    EXPECT_EQ(first.to_vector(), seen.to_vector());  // the same bits at every width
  });
}

TEST(CausalNetwork, RefusesWrongShapes) {
  const auto network = random_network(kColour);
  EXPECT_THROW(network->forward(normal({1, 2, 4, 5}, 1), normal({1, 1, 4, 5}, 1)), std::invalid_argument);
  EXPECT_THROW(network->forward(normal({1, 3, 4, 5}, 1), normal({1, 3, 4, 5}, 1)), std::invalid_argument);
  Rng rng(0);
  EXPECT_THROW(CausalNetwork({.reach = 0}, rng), std::invalid_argument);
}

}  // namespace
}  // namespace latent::nn

// What new codes are drawn from where that is not the prior.

#include <latent/core/detail/json_value.hpp>
#include <latent/probability/flow_sampler.hpp>
#include <latent/probability/mixture_sampler.hpp>
#include <latent/probability/posterior_sampler.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace latent {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kDraws = 20'000;
// Five standard errors of a mean or covariance of order 1 over kDraws draws: 5 / sqrt(20,000).
constexpr double kOfDraws = 0.036;

struct Moments {
  double mean[2], covariance[3];  // xx, xy, yy
};
Moments moments_of(const Tensor& x) {
  Moments m{};
  const auto N = static_cast<double>(x.dim(0));
  for (int64_t i = 0; i < x.dim(0); ++i) {
    const double a = x.data<float>()[2 * i], b = x.data<float>()[2 * i + 1];
    m.mean[0] += a / N, m.mean[1] += b / N;
    m.covariance[0] += a * a / N, m.covariance[1] += a * b / N, m.covariance[2] += b * b / N;
  }
  m.covariance[0] -= m.mean[0] * m.mean[0];
  m.covariance[1] -= m.mean[0] * m.mean[1];
  m.covariance[2] -= m.mean[1] * m.mean[1];
  return m;
}

TEST(Samplers, AMixtureHasTheMomentsOfItsComponents) {
  MixtureSampler sampler(2, 2);
  sampler.set(std::vector<double>{0.25, 0.75}, Tensor::from(std::vector<float>{-2, 0, 2, 1}, {2, 2}),
              std::vector<double>{1, 0.5, 0.5, 2, 0.25, 0, 0, 0});
  Rng rng(1);
  const Moments m = moments_of(sampler.sample(kDraws, rng));
  // Means: -0.5 + 1.5, 0.75. Covariance: that within, and that of the means about their mean.
  EXPECT_NEAR(m.mean[0], 1.0, 2.0 * kOfDraws);
  EXPECT_NEAR(m.mean[1], 0.75, 2.0 * kOfDraws);
  EXPECT_NEAR(m.covariance[0], 0.25 + 0.75 * 0.25 + 3.0, 4.0 * kOfDraws);
  EXPECT_NEAR(m.covariance[1], 0.125 + 0.75, 3.0 * kOfDraws);
  EXPECT_NEAR(m.covariance[2], 0.5 + 0.1875, 2.0 * kOfDraws);
  EXPECT_THROW(sampler.set(std::vector<double>{1}, Tensor::zeros({1, 2}), std::vector<double>(4)),
               std::invalid_argument);
  EXPECT_THROW(sampler.set(std::vector<double>{0.5, 0.5}, Tensor::zeros({2, 2}), std::vector<double>(8, NAN)),
               std::invalid_argument);
}

TEST(Samplers, PosteriorsOfPointsGiveThesePoints) {
  PosteriorSampler sampler(3, 1);
  sampler.set(Tensor::from(std::vector<float>{1, 2, 7}, {3, 1}), Tensor::zeros({3, 1}));
  Rng rng(2);
  const Tensor z = sampler.sample(kDraws, rng);
  std::vector<double> counts(8, 0.0);
  for (const float value : z.span<float>()) counts.at(static_cast<size_t>(value)) += 1.0;
  for (const size_t value : {1, 2, 7}) EXPECT_NEAR(counts[value] / kDraws, 1.0 / 3, kOfDraws);
  EXPECT_EQ(counts[1] + counts[2] + counts[7], kDraws);
  EXPECT_THROW(sampler.set(Tensor::zeros({2, 1}), Tensor::zeros({2, 1})), std::invalid_argument);
}

TEST(Samplers, AFlowWithoutVelocityGivesNoiseInTheUnitsOfTheCodes) {
  Rng weights(1);
  FlowSampler flow({.latent_dim = 2, .hidden = 4, .layers = 1, .steps = 3}, weights);
  for (nn::NamedTensor& parameter : flow.network().parameters()) {
    for (float& value : parameter.tensor.span<float>()) value = 0.0F;
  }
  flow.standardize(std::vector<double>{3, -1}, std::vector<double>{2, 0});
  Rng rng(4);
  const Tensor z = flow.sample(kDraws, rng);
  const Moments m = moments_of(z);
  EXPECT_NEAR(m.mean[0], 3.0, 2.0 * kOfDraws);
  EXPECT_NEAR(m.covariance[0], 4.0, 8.0 * kOfDraws);
  for (int64_t i = 0; i < kDraws; ++i) ASSERT_EQ(z.data<float>()[2 * i + 1], -1.0F);  // a dimension that never changes
  const Tensor x = flow.standardized(Tensor::from(std::vector<float>{5, 9}, {1, 2}));
  EXPECT_THAT(x.to_vector(), ElementsAre(1.0, 0.0));
  // The loss without velocity: E (x_1 - eps)^2 over dimensions, x_1 = (1, 0): (1 + 1 + 1) / 2.
  const Tensor many = flow.standardized(Tensor::from(std::vector<float>(2 * kDraws, 5.0F), {kDraws, 2}));
  EXPECT_NEAR(mean(flow.loss(many, rng)).to_vector().front(), 1.5, 3.0 * kOfDraws);
}

TEST(Samplers, AFlowWithAConstantVelocityIsShiftedByIt) {
  Rng weights(1);
  FlowSampler flow({.latent_dim = 1, .hidden = 2, .layers = 2, .steps = 7}, weights);
  for (nn::NamedTensor& parameter : flow.network().parameters()) {
    for (float& value : parameter.tensor.span<float>()) value = 0.0F;
  }
  Rng first(5), second(5);
  const Tensor still = flow.sample(9, first);
  flow.network().parameters().back().tensor.data<float>()[0] = 2.5F;  // the last bias
  const Tensor moved = flow.sample(9, second);
  for (size_t i = 0; i < 9; ++i) EXPECT_NEAR(moved.span<float>()[i] - still.span<float>()[i], 2.5, 1e-5);
}

TEST(Samplers, AreMadeFromTheirConfigAndSayIt) {
  for (const char* text : {R"({"name": "flow", "hidden": 8, "layers": 2, "steps": 5})",
                           R"({"name": "mixture", "components": 3})", R"({"name": "vamp", "components": 4})"}) {
    const auto config = nlohmann::json::parse(text);
    Rng rng(1);
    const auto sampler = make_sampler(config, 3, rng, 1 << 20);
    EXPECT_EQ(sampler->config(), config);
    int64_t elements = 0;
    for (const nn::NamedTensor& tensor : sampler->state()) elements += tensor.tensor.numel();
    EXPECT_EQ(num_sampler_elements(config, 3), static_cast<double>(elements)) << text;
    EXPECT_THROW(make_sampler(config, 3, rng, elements - 1), std::invalid_argument);
    Rng one(8), same(8);
    EXPECT_EQ(sampler->sample(5, one).to_vector(), sampler->sample(5, same).to_vector());
    EXPECT_EQ(sampler->sample(0, one).shape(), Shape({0, 3}));
    EXPECT_THROW(sampler->sample(-1, one), std::invalid_argument);
  }
  Rng rng(1);
  for (const char* text : {R"({"name": "flo"})", R"({"name": "flow", "steps": 0})", R"({"name": "vamp", "steps": 2})",
                           R"({"name": "mixture", "components": 0})", R"({})", R"("flow")"}) {
    EXPECT_THROW(make_sampler(nlohmann::json::parse(text), 3, rng, 1 << 20), std::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace latent

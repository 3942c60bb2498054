// Cleaning by a model: there and back, or the average over draws of codes.
#include <tests/models/model_helpers.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/models/denoise.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace latent {
namespace {

using nlohmann::json;
using test::build;
using test::uniform_data;

json small(const char* kind) {
  return {{"model", kind},
          {"data_shape", {6}},
          {"latent_dim", 2},
          {"network", {{"name", "mlp"}, {"hidden", {5}}}},
          {"likelihood", {{"name", "bernoulli"}}}};
}

TEST(Denoise, IsTheReconstructionFromTheMeanOfTheCode) {
  for (const char* kind : {"vae", "ae"}) {
    const auto model = build(small(kind));
    const Tensor x = uniform_data({6}, 10);
    const Tensor expected = model->decode(model->encode(x)->mean())->mean();
    EXPECT_EQ(denoise(*model, x).to_vector(), expected.to_vector());
    // Products of few rows may be summed in another order.
    const std::vector<double> batches = denoise(*model, x, {.batch = 3}).to_vector(), all = expected.to_vector();
    for (size_t i = 0; i < all.size(); ++i) EXPECT_NEAR(batches[i], all[i], 1e-6);
  }
}

TEST(Denoise, AveragesWhatDrawsDecodeTo) {
  const auto model = build(small("vae"));
  const Tensor x = uniform_data({6}, 4);
  constexpr int64_t kDraws = 2000;
  const Tensor few = denoise(*model, x, {.num_samples = 3, .seed = 1});
  EXPECT_EQ(denoise(*model, x, {.num_samples = 3, .seed = 1}).to_vector(), few.to_vector());
  EXPECT_NE(denoise(*model, x, {.num_samples = 3, .seed = 2}).to_vector(), few.to_vector());

  // Two long averages agree up to their standard errors; values in [0, 1] have a variance of at most 1/4.
  Rng rng(9);
  const Tensor z = model->encode(x)->sample(rng, kDraws);
  const Tensor decoded = model->decode(z.view_as({kDraws * 4, 2}))->mean();
  const Tensor average = denoise(*model, x, {.num_samples = kDraws, .seed = 1});
  for (int64_t i = 0; i < 24; ++i) {
    double sum = 0.0;
    for (int64_t k = 0; k < kDraws; ++k) sum += static_cast<double>(decoded.data<float>()[k * 24 + i]);
    EXPECT_NEAR(average.data<float>()[i], sum / kDraws, 5.0 * std::sqrt(2 * 0.25 / kDraws));
  }
}

TEST(Denoise, RefusesWhatDoesNotFit) {
  const auto vae = build(small("vae")), ae = build(small("ae"));
  EXPECT_EQ(denoise(*vae, Tensor::empty({0, 6})).shape(), Shape({0, 6}));
  EXPECT_THROW(denoise(*vae, Tensor::zeros({3, 5})), std::invalid_argument);
  EXPECT_THROW(denoise(*vae, Tensor::zeros({3, 6}), {.num_samples = -1}), std::invalid_argument);
  EXPECT_THROW(denoise(*vae, Tensor::zeros({3, 6}), {.batch = 0}), std::invalid_argument);
  EXPECT_THROW(denoise(*ae, Tensor::zeros({3, 6}), {.num_samples = 2}), std::invalid_argument);
}

}  // namespace
}  // namespace latent

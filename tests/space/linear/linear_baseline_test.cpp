// Reconstruction errors of a model, of the mean and of PCA, in the same units.

#include <latent/core/detail/json_value.hpp>
#include <latent/space/linear/linear_baseline.hpp>

#include <latent/models/registry.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace latent::space {
namespace {

constexpr double kF32 = 1e-5;

// Samples on a line through (1, 2, 3, ...), with a little noise.
std::shared_ptr<const data::Dataset> line_set(int64_t n, double noise, uint64_t seed) {
  Tensor x = Tensor::empty({n, 5});
  Rng rng(seed);
  rng.normal(x.span<float>());
  Tensor position = Tensor::empty({n});
  rng.normal(position.span<float>());
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t d = 0; d < 5; ++d) {
      auto& value = x.data<float>()[i * 5 + d];
      value = static_cast<float>(noise) * value + static_cast<float>(d + 1) * position.data<float>()[i] + 7.0f;
    }
  }
  return data::from_tensor(x, data::Kind::table, {});
}

// A model that reconstructs each sample as `value`, whatever it is.
std::unique_ptr<LatentModel> constant_model(double value, const std::string& likelihood = "gaussian") {
  Rng rng(1);
  auto model = make_model(nlohmann::json{{"model", "ae"},
                                         {"data_shape", {5}},
                                         {"latent_dim", 1},
                                         {"network", {{"name", "mlp"}, {"hidden", {4}}}},
                                         {"likelihood", {{"name", likelihood}}}},
                          rng);
  for (auto& [name, tensor] : model->parameters()) {
    if (name.starts_with("decoder")) Tensor(tensor).copy_from(Tensor::full(tensor.shape(), 0.0));
    if (name == "decoder.1.bias") Tensor(tensor).copy_from(Tensor::full(tensor.shape(), value));
  }
  return model;
}

double mean_square_around(const data::Dataset& data, const std::vector<double>& center) {
  const std::vector<double> x = data.range(0, data.size()).to_vector();
  double total = 0.0;
  for (size_t i = 0; i < x.size(); ++i) total += std::pow(x[i] - center[i % center.size()], 2);
  return total / static_cast<double>(x.size());
}

TEST(LinearBaseline, ErrorsAreThoseByHand) {
  const auto train = line_set(300, 0.1, 1), held_out = line_set(80, 0.1, 2);
  const LinearBaseline baseline = fit_linear_baseline(*train, 1);
  ASSERT_TRUE(baseline.pca);
  const auto model = constant_model(6.5);
  const auto fit = measure_fit(*model, *held_out, baseline);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->samples, 80);
  EXPECT_EQ(fit->fitted_to, 300);
  EXPECT_EQ(fit->pca_dims, 1);
  EXPECT_NEAR(fit->mse, mean_square_around(*held_out, {6.5}), kF32 * fit->mse);
  EXPECT_NEAR(fit->mse_of_mean, mean_square_around(*held_out, baseline.mean.to_vector()), kF32 * fit->mse_of_mean);
  EXPECT_NEAR(fit->r2(), 1.0 - fit->mse / fit->mse_of_mean, 1e-12);
  // Four of five directions are noise of 0.1^2.
  EXPECT_NEAR(*fit->mse_of_pca, 0.01 * 4 / 5, 0.002);
}

TEST(LinearBaseline, TheMeanIsThatOfTheTrainingSamples) {
  const auto train = line_set(300, 0.1, 1);
  const LinearBaseline baseline = fit_linear_baseline(*train, 1);
  std::vector<double> mean(5, 0.0);
  const std::vector<double> x = train->range(0, 300).to_vector();
  for (size_t i = 0; i < x.size(); ++i) mean[i % 5] += x[i] / 300;
  for (size_t d = 0; d < 5; ++d) EXPECT_NEAR(baseline.mean.to_vector()[d], mean[d], 1e-5);
  // Without PCA it is the same one.
  const LinearBaseline plain = fit_linear_baseline(*train, 5);
  EXPECT_FALSE(plain.pca);
  for (size_t d = 0; d < 5; ++d) EXPECT_NEAR(plain.mean.to_vector()[d], mean[d], 1e-5);
}

TEST(LinearBaseline, SmallSetsHaveFewerComponentsAndOneSampleNone) {
  EXPECT_EQ(fit_linear_baseline(*line_set(3, 0.1, 1), 4).pca->components.dim(0), 2);
  EXPECT_FALSE(fit_linear_baseline(*line_set(1, 0.1, 1), 2).pca);
  const auto one = line_set(1, 0.1, 1);
  const auto fit = measure_fit(*constant_model(7.0), *one, fit_linear_baseline(*one, 2));
  EXPECT_EQ(fit->mse_of_mean, 0.0);
  EXPECT_TRUE(std::isnan(fit->r2()));
  EXPECT_FALSE(fit->mse_of_pca);
}

TEST(LinearBaseline, LargeSetsAreSampledEvenly) {
  const auto large = line_set(25'000, 0.1, 3);
  const LinearBaseline baseline = fit_linear_baseline(*large, 1);
  EXPECT_EQ(baseline.samples, 10'000);
  const auto fit = measure_fit(*constant_model(7.0), *large, baseline);
  EXPECT_EQ(fit->samples, 10'000);
  EXPECT_NEAR(fit->mse_of_mean, mean_square_around(*large, baseline.mean.to_vector()), 0.05 * fit->mse_of_mean);
}

TEST(LinearBaseline, ModelsWhoseMeansDoNotCompareHaveNoFit) {
  Rng rng(1);
  const auto model =
      make_model(nlohmann::json{{"model", "vae"},
                                {"data_shape", {1, 4, 4}},
                                {"latent_dim", 2},
                                {"network", {{"name", "mlp"}, {"hidden", {4}}}},
                                {"likelihood", {{"name", "causal-mixture"}, {"components", 2}, {"hidden", 4}}}},
                 rng);
  const auto data = data::from_tensor(Tensor::full({6, 1, 4, 4}, 0.5), data::Kind::images, {});
  EXPECT_FALSE(measure_fit(*model, *data, fit_linear_baseline(*data, 2)));
}

TEST(LinearBaseline, RefusesWhatDoesNotFit) {
  const auto data = line_set(10, 0.1, 1);
  EXPECT_THROW(fit_linear_baseline(*data, 0), std::invalid_argument);
  const auto other = data::from_tensor(Tensor::full({6, 4}, 0.5), data::Kind::table, {});
  EXPECT_THROW(measure_fit(*constant_model(0.0), *other, fit_linear_baseline(*other, 1)), std::invalid_argument);
  EXPECT_THROW(measure_fit(*constant_model(0.0), *data, fit_linear_baseline(*other, 1)), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space

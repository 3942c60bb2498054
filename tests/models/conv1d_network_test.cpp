// The network for time series.
#include <tests/models/model_helpers.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/models/conv1d_network.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace latent {
namespace {

using nlohmann::json;
using test::build;
using test::preset_config;
using test::uniform_data;

NetworkEnds series_ends(const Shape& data) { return {.data_shape = data, .output_shape = data, .latent_dim = 3}; }

TEST(Conv1dNetwork, GivesBackEveryLengthWithTheWeightsItCounts) {
  for (const int64_t C : {int64_t{1}, int64_t{3}}) {
    for (const int64_t L : {1, 2, 3, 4, 5, 7, 8, 17, 24, 31, 64, 129, 150}) {
      for (const bool linear : {true, false}) {
        test::expect_network({{"name", "conv1d"}, {"linear", linear}}, series_ends({C, L}));
      }
    }
  }
}

TEST(Conv1dNetwork, RefusesWhatItCannotDo) {
  EXPECT_THROW(make_network(json{{"name", "conv1d"}}, series_ends({64})), std::invalid_argument);
  EXPECT_THROW(make_network(json{{"name", "conv1d"}}, series_ends({1, 8, 8})), std::invalid_argument);
  EXPECT_THROW(make_network(json{{"name", "conv1d"}, {"linear", 1}}, series_ends({1, 8})), std::invalid_argument);
  EXPECT_THROW(make_network(json{{"name", "conv1d"}, {"hidden", {4}}}, series_ends({1, 8})), std::invalid_argument);
}

TEST(Conv1dNetwork, StartsAsPrincipalComponents) {
  json config = preset_config("vae-series", {2, 9});
  config["latent_dim"] = 4;
  const auto model = build(config);
  const Tensor x = uniform_data({2, 9}, 7);
  ASSERT_EQ(model->linear_view(x).shape(), Shape({7, 18}));
  // Axes that are values: component i is the i-th one.
  PrincipalAxes axes{.mean = Tensor::full(Shape{18}, 0.25), .components = Tensor::zeros(Shape{3, 18}), .variance = {}};
  for (int64_t i = 0; i < 3; ++i) {
    axes.components.data<float>()[i * 18 + i] = 1.0F;
    axes.variance.push_back(0.5 + static_cast<double>(i));
  }
  axes.residual_variance = 0.5;
  model->start_from_axes(axes);
  const Tensor mu = model->encode(x)->mean(), x_hat = model->decode(mu)->mean();
  for (int64_t n = 0; n < 7; ++n) {
    for (int64_t i = 0; i < 18; ++i) {
      EXPECT_NEAR(x_hat.data<float>()[n * 18 + i], i < 3 ? x.data<float>()[n * 18 + i] : 0.25F, 1e-5);
    }
    for (int64_t d = 0; d < 3; ++d) {
      // One factor for all dimensions, so that codes are as far apart as samples.
      EXPECT_NEAR(mu.data<float>()[n * 4 + d], (x.data<float>()[n * 18 + d] - 0.25) / std::sqrt(1.5), 1e-5);
    }
  }
}

// The units of the code are all that a prior with scales changes.
TEST(Conv1dNetwork, ScalesOfThePriorAreUnitsOfTheCode) {
  const Tensor x = uniform_data({2, 9}, 7);
  PrincipalAxes axes{.mean = Tensor::full(Shape{18}, 0.25), .components = Tensor::zeros(Shape{3, 18}), .variance = {}};
  for (int64_t i = 0; i < 3; ++i) {
    axes.components.data<float>()[i * 18 + i] = 1.0F;
    axes.variance.push_back(0.04 * (3.0 - static_cast<double>(i)));
  }
  axes.residual_variance = 0.05;
  std::vector<std::vector<double>> kl, stddev, x_hat;
  for (const char* prior : {"normal", "scaled-normal"}) {
    json config = preset_config("vae-series", {2, 9});
    config["latent_dim"] = 4;
    config["prior"] = {{"name", prior}};
    const auto model = build(config);
    model->start_from_axes(axes);
    Rng rng(0);
    kl.push_back(model->loss({.x = x, .input = {}, .labels = {}}, {.rng = rng, .mode = nn::Mode::eval})
                     .terms.at(1)
                     .value.to_vector());
    EXPECT_EQ(model->code_scales().defined(), prior == std::string("scaled-normal"));
    const auto q = model->encode(x);
    stddev.push_back(q->stddev().to_vector());
    x_hat.push_back(model->decode(q->mean())->mean().to_vector());
  }
  for (size_t i = 0; i < kl[0].size(); ++i) EXPECT_NEAR(kl[0][i], kl[1][i], 1e-4);
  for (size_t i = 0; i < x_hat[0].size(); ++i) EXPECT_NEAR(x_hat[0][i], x_hat[1][i], 1e-5);
  const std::vector<double> scales = {std::sqrt(1.5), 1.0, std::sqrt(0.5), std::sqrt(0.5)};
  for (size_t i = 0; i < stddev[0].size(); ++i) EXPECT_NEAR(stddev[0][i] * scales[i % 4], stddev[1][i], 1e-5);
}

// The gradient of the loss by every parameter, in one direction, against a difference.
TEST(Conv1dNetwork, GradientsOfTheWholeModel) {
  json config = preset_config("vae-series", {2, 11});
  config["latent_dim"] = 3;
  config["network"]["channels"] = {4, 6};
  const auto model = build(config);
  const Batch batch{.x = uniform_data({2, 11}, 5), .input = {}, .labels = {}};
  const auto loss_of = [&] {
    Rng rng(3);
    return mean(model->loss(batch, {.rng = rng}).loss);
  };
  backward(loss_of());
  constexpr float kStep = 1e-2F;
  for (const nn::NamedTensor& named : model->parameters()) {
    Tensor t = named.tensor;
    if (named.name == "likelihood.logvar") continue;  // a scale that is computed, not descended to
    ASSERT_TRUE(t.grad().defined()) << named.name;
    // Along the gradient itself the difference is its squared norm.
    const std::vector<double> gradient = t.grad().to_vector();
    double squares = 0.0;
    for (const double g : gradient) squares += g * g;
    if (squares < 1e-6) continue;
    const double scale = kStep / std::sqrt(squares);
    const auto moved = [&](double by) {
      const NoGrad no_grad;
      for (size_t i = 0; i < gradient.size(); ++i) t.span<float>()[i] += static_cast<float>(by * gradient[i]);
      const double value = loss_of().to_vector()[0];
      for (size_t i = 0; i < gradient.size(); ++i) t.span<float>()[i] -= static_cast<float>(by * gradient[i]);
      return value;
    };
    const double difference = (moved(scale) - moved(-scale)) / (2.0 * scale);
    EXPECT_NEAR(difference / squares, 1.0, 0.05) << named.name;  // single precision, and kinks of the rectifiers
  }
}

}  // namespace
}  // namespace latent

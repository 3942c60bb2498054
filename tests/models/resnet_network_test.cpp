// The network for photographs, its linear path, and the U-Net that cleans.
#include <tests/models/model_helpers.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/models/denoiser.hpp>
#include <latent/models/linear_path.hpp>
#include <latent/models/resnet_network.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace latent {
namespace {

using nlohmann::json;
using test::build;
using test::preset_config;
using test::uniform_data;

const std::vector<std::vector<int64_t>> kSizes = {{1, 1, 1},    {1, 8, 8},   {3, 17, 23}, {1, 28, 20}, {3, 5, 70},
                                                  {1, 130, 65}, {2, 64, 64}, {1, 33, 1},  {3, 96, 128}};

NetworkEnds resnet_ends(const Shape& data) { return {.data_shape = data, .output_shape = data, .latent_dim = 3}; }

TEST(ResNetNetwork, GivesBackEveryImageSizeWithTheWeightsItCounts) {
  for (const auto& sizes : kSizes) {
    for (const bool linear : {true, false}) {
      test::expect_network({{"name", "resnet"}, {"linear", linear}}, resnet_ends({sizes[0], sizes[1], sizes[2]}));
    }
  }
}

TEST(ResNetNetwork, LevelsFollowTheSizeSoThatTheLastIsFourToEightWide) {
  const auto levels = [](int64_t H, int64_t W) { return channels_for(Shape{3, H, W}, 32, 256).size(); };
  EXPECT_EQ(levels(8, 8), 1U);  // one level is the least
  EXPECT_EQ(levels(28, 20), 2U);
  EXPECT_EQ(levels(64, 64), 3U);
  EXPECT_EQ(levels(512, 300), 6U);
  for (int64_t side = 9; side <= 520; ++side) {
    const std::vector<int64_t> channels = channels_for(Shape{1, side, side / 2}, 32, 256);
    const int64_t width = conv_levels(Shape{1, side, side / 2}, channels, Window{}).back().h;
    EXPECT_GE(width, 4) << side;
    EXPECT_LE(width, 8) << side;
  }
}

TEST(ResNetNetwork, RefusesWhatItCannotDo) {
  EXPECT_THROW(make_network(json{{"name", "resnet"}}, resnet_ends({784})), std::invalid_argument);
  EXPECT_THROW(make_network(json{{"name", "resnet"}, {"linear", 1}}, resnet_ends({1, 8, 8})), std::invalid_argument);
  EXPECT_THROW(make_network(json{{"name", "resnet"}, {"hidden", {4}}}, resnet_ends({1, 8, 8})), std::invalid_argument);
}

// Axes that are pixels: component i is the i-th value of the coarse image.
PrincipalAxes axes_of_pixels(int64_t k, int64_t D) {
  PrincipalAxes axes;
  axes.mean = Tensor::full(Shape{D}, 0.25);
  axes.components = Tensor::zeros(Shape{k, D});
  for (int64_t i = 0; i < k; ++i) {
    axes.components.data<float>()[i * D + i] = 1.0F;
    axes.variance.push_back(0.5 + static_cast<double>(i));
  }
  axes.residual_variance = 0.5;
  return axes;
}

TEST(LinearPath, StartsAsPrincipalComponentsWithTheirPosterior) {
  for (const char* posterior : {"gaussian", "none"}) {
    json config = preset_config("vae-photo", {1, 6, 5});
    config["latent_dim"] = 4;
    if (std::string(posterior) == "none") {
      config["model"] = "ae";
      config["posterior"] = {{"name", "none"}};
      config["prior"] = {{"name", "fitted-gaussian"}};
    }
    const auto model = build(config);
    const Tensor x = uniform_data({1, 6, 5}, 7);
    ASSERT_EQ(model->linear_view(x).shape(), Shape({7, 30}));
    model->start_from_axes(axes_of_pixels(3, 30));
    const auto q = model->encode(x);
    const Tensor mu = q->mean(), x_hat = model->decode(mu)->mean();
    for (int64_t n = 0; n < 7; ++n) {
      for (int64_t i = 0; i < 30; ++i) {
        // Three pixels come back; of the others their mean is known.
        EXPECT_NEAR(x_hat.data<float>()[n * 30 + i], i < 3 ? x.data<float>()[n * 30 + i] : 0.25F, 1e-5);
      }
      for (int64_t d = 0; d < 3; ++d) {
        EXPECT_NEAR(mu.data<float>()[n * 4 + d],
                    (x.data<float>()[n * 30 + d] - 0.25) / std::sqrt(0.5 + static_cast<double>(d)), 1e-5);
      }
      EXPECT_EQ(mu.data<float>()[n * 4 + 3], 0.0F);  // a code without a component
      if (!model->has_likelihood()) continue;
      EXPECT_NEAR(q->stddev().data<float>()[n * 4], std::sqrt(0.5 / (0.5 + 0.5)), 1e-5);
      EXPECT_NEAR(q->stddev().data<float>()[n * 4 + 3], 1.0, 1e-5);
    }
  }
}

TEST(LinearPath, LargeImagesAreHalvedAndASmoothOneComesBack) {
  const std::vector<std::vector<int64_t>> sizes = {{2, 100, 140}, {1, 65, 64}, {1, 257, 9}};
  for (const auto& size : sizes) {
    const Shape data{size[0], size[1], size[2]};
    const LinearPath path(data, 2);
    EXPECT_LE(std::max(path.coarse_shape()[1], path.coarse_shape()[2]), LinearPath::kWidestLinear);
    Rng rng(0);
    const auto decoder = path.decoder(rng);
    // What is the same everywhere stays so, to the last row and column, there and back.
    const Tensor flat = path.coarse(Tensor::full(data.prepend(1), 0.7));
    for (const float value : flat.span<float>()) EXPECT_NEAR(value, 0.7F, 1e-6);
    for (const nn::NamedTensor& t : decoder->parameters()) {
      Tensor tensor = t.tensor;
      std::ranges::fill(tensor.span<float>(), t.name == "0.bias" ? 0.7F : 0.0F);
    }
    const Tensor x_hat = decoder->forward(Tensor::zeros({1, 2}), nn::Mode::eval);
    ASSERT_EQ(x_hat.shape(), data.prepend(1));
    // An odd size leaves a last row or column that no tent reaches fully.
    for (const float value : x_hat.span<float>()) EXPECT_NEAR(value, 0.7F, 1e-5);
  }
}

TEST(LinearPath, OnlyWhereTheDecoderGivesMeans) {
  json config = preset_config("vae-photo", {1, 8, 8});
  config["likelihood"] = {{"name", "bernoulli"}};
  EXPECT_FALSE(build(config)->linear_view(uniform_data({1, 8, 8}, 2)).defined());
  EXPECT_FALSE(build(preset_config("vae-conv", {1, 8, 8}))->linear_view(uniform_data({1, 8, 8}, 2)).defined());
}

TEST(UNet, GivesEverySizeStartsAtZeroAndIsWhatItCounts) {
  for (const auto& size : kSizes) {
    for (const std::vector<int64_t>& channels : {std::vector<int64_t>{4}, {4, 6, 8}}) {
      const UNet::Options options{
          .in = 2, .out = size[0], .H = size[1], .W = size[2], .channels = channels, .blocks = 1};
      Rng rng(0);
      const UNet network(options, rng);
      const Tensor y = network.forward(Tensor::full(Shape{2, size[1], size[2], 2}, 0.5), nn::Mode::train);
      EXPECT_EQ(y.shape(), Shape({2, size[1], size[2], size[0]}));
      for (const float value : y.span<float>()) EXPECT_EQ(value, 0.0F);
      double weights = 0;
      for (const nn::NamedTensor& t : network.parameters()) {
        if (t.tensor.ndim() >= 2) weights += static_cast<double>(t.tensor.numel());
      }
      EXPECT_EQ(UNet::num_weights(options), weights);
    }
  }
}

json denoising_config() {
  json config = preset_config("dae-conv", {1, 8, 8});
  config["network"]["channels"] = {4};
  config["network"]["hidden"] = {8};
  config["latent_dim"] = 3;
  config["denoiser"]["channels"] = {8, 8};
  return config;
}

TEST(Denoiser, CleansBesideTheCodeAndStartsWithWhatItWasGiven) {
  const auto model = build(denoising_config());
  const Tensor x = uniform_data({1, 8, 8}, 3);
  EXPECT_TRUE(model->has_skips());
  EXPECT_EQ(model->clean(x).to_vector(), x.to_vector());
  // Encoder and decoder are what they are without it.
  json plain = denoising_config();
  plain.erase("denoiser");
  const auto without = build(plain);
  EXPECT_FALSE(without->has_skips());
  EXPECT_EQ(model->encode(x)->mean().to_vector(), without->encode(x)->mean().to_vector());
  EXPECT_EQ(without->clean(x).to_vector(), without->decode(without->encode(x)->mean())->mean().to_vector());
  EXPECT_EQ(build(*model->config())->config(), model->config());
}

TEST(Denoiser, LearnsWithoutChangingWhatTheCodeLearns) {
  json plain = denoising_config();
  plain.erase("denoiser");
  const auto with = build(denoising_config()), without = build(plain);
  const Batch batch{.x = uniform_data({1, 8, 8}, 4, 1), .input = uniform_data({1, 8, 8}, 4, 2), .labels = {}};
  Rng a(0), b(0);
  const LossTerms terms = with->loss(batch, {.rng = a}), reference = without->loss(batch, {.rng = b});
  ASSERT_EQ(terms.terms.size(), 2U);
  EXPECT_EQ(std::string(terms.terms[1].name), "denoising");
  EXPECT_EQ(terms.terms[0].value.to_vector(), reference.terms[0].value.to_vector());
  // Nothing is taken away yet: the term is that of the damage itself, a Gaussian of scale 0.1.
  for (int64_t n = 0; n < 4; ++n) {
    double expected = 0.0;
    for (int64_t i = n * 64; i < (n + 1) * 64; ++i) {
      const double error = (double{batch.x.data<float>()[i]} - double{batch.input.data<float>()[i]}) / 0.1;
      expected += 0.5 * error * error + std::log(0.1) + 0.5 * std::log(2.0 * M_PI);
    }
    EXPECT_NEAR(terms.terms[1].value.data<float>()[n], expected, 1e-3 * std::abs(expected));
  }
  backward(mean(terms.loss));
  backward(mean(reference.loss));
  for (const nn::NamedTensor& t : without->parameters()) {
    for (const nn::NamedTensor& same : with->parameters()) {
      if (same.name == t.name) {
        EXPECT_EQ(same.tensor.grad().to_vector(), t.tensor.grad().to_vector()) << t.name;
      }
    }
  }
}

TEST(Denoiser, NeedsImagesAndAPlainAutoencoder) {
  json config = denoising_config();
  config["model"] = "vae";
  config["posterior"] = {{"name", "gaussian"}};
  config["prior"] = {{"name", "normal"}};
  EXPECT_THROW(build(config), std::invalid_argument);
  config = denoising_config();
  config["data_shape"] = {64};
  config["network"] = {{"name", "mlp"}};
  EXPECT_THROW(build(config), std::invalid_argument);
  config = denoising_config();
  config["denoiser"]["name"] = "unett";
  EXPECT_THROW(build(config), std::invalid_argument);
  config["denoiser"] = {{"name", "unet"}, {"channels", json::array()}};
  EXPECT_THROW(build(config), std::invalid_argument);
}

}  // namespace
}  // namespace latent

#pragma once
// What the tests of models share.

#include <latent/core/detail/json_value.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/models/network.hpp>
#include <latent/models/registry.hpp>
#include <latent/models/wave_network.hpp>

#include <gtest/gtest.h>

#include <string>

namespace latent::test {

/// The state tensor of that name.
inline Tensor state_of(const LatentModel& model, const std::string& name) {
  for (const nn::NamedTensor& t : model.state()) {
    if (t.name == name) return t.tensor;
  }
  ADD_FAILURE() << "no tensor " << name;
  return {};
}

inline void set_state(const LatentModel& model, const std::string& name, const std::vector<float>& values) {
  Tensor t = state_of(model, name);
  t.copy_from(Tensor::from<float>(values, t.shape()));
}

inline std::unique_ptr<LatentModel> build(const nlohmann::json& config, uint64_t seed = 0) {
  Rng rng(seed);
  return make_model(config, rng);
}

/// A preset's config for samples of one shape.
inline nlohmann::json preset_config(std::string_view name, const std::vector<int64_t>& data_shape) {
  nlohmann::json config = nlohmann::json::parse(preset(name).model);
  config["data_shape"] = data_shape;
  if (config.at("model") == "classifier") config["classes"] = 10;  // the data's business
  if (const auto frames = wave_frames(config.value("network", nlohmann::json{{"name", ""}}))) {
    const int64_t L = Shape(data_shape).numel() / data_shape[0];  // a wave of as many values
    config["data_shape"] = {data_shape[0], L};
    config["latent_dim"] = frames->latent_dim(L);
  }
  if (config.contains("network") && config.at("network").at("name") == "conv1d") {
    config["data_shape"] = {data_shape[0], Shape(data_shape).numel() / data_shape[0]};  // a series of as many values
  }
  return config;
}

/// What the samples of a config are shaped like.
inline Shape shape_in(const nlohmann::json& config) {
  return Shape(config.at("data_shape").get<std::vector<int64_t>>());
}

/// Encodes and decodes zeros: shapes, the count of weights, and the config that comes back are as the network says.
inline void expect_network(const nlohmann::json& config, const NetworkEnds& ends) {
  SCOPED_TRACE(config.dump() + " " + ends.data_shape.str());
  const auto network = make_network(config, ends);
  Rng rng(0);
  const auto encoder = network->encoder(rng), decoder = network->decoder(rng);
  const Tensor h = encoder->forward(Tensor::zeros(ends.data_shape.prepend(2)), nn::Mode::eval);
  EXPECT_EQ(h.shape(), Shape({2, network->features()}));
  const Tensor z = Tensor::zeros({2, ends.latent_dim});
  EXPECT_EQ(decoder->forward(z, nn::Mode::eval).shape(), ends.output_shape.prepend(2));
  double weights = 0;
  for (const nn::Layer* half : {encoder.get(), decoder.get()}) {
    for (const nn::NamedTensor& t : half->parameters()) {
      weights += t.tensor.ndim() >= 2 ? static_cast<double>(t.tensor.numel()) : 0;
    }
  }
  EXPECT_EQ(network->num_weights(), weights);
  EXPECT_EQ(make_network(network->config(), ends)->config(), network->config());
}

/// n samples with values in [0, 1).
inline Tensor uniform_data(const Shape& sample, int64_t n, uint64_t seed = 3) {
  Tensor x = Tensor::empty(sample.prepend(n));
  Rng(seed).uniform(x.span<float>());
  return x;
}

}  // namespace latent::test

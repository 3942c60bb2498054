#include <latent/models/mlp_network.hpp>

#include <latent/models/detail/hidden_style_json.hpp>

namespace latent {

std::unique_ptr<Network> MlpNetwork::make(const Json& config, const NetworkEnds& ends) {
  const JsonFields fields("network", *config, {"name", "hidden", "activation", "normalization", "dropout"});
  Options options;
  options.hidden = fields.integers("hidden", options.hidden, 64, 1, int64_t{1} << 24);
  options.style = style_from(fields);
  return std::make_unique<MlpNetwork>(std::move(options), ends);
}

int64_t MlpNetwork::features() const {
  return options_.hidden.empty() ? ends_.data_shape.numel() : options_.hidden.back();
}

double MlpNetwork::num_weights() const {
  double count = 0;
  auto in = static_cast<double>(ends_.data_shape.numel());
  auto decoder_out = static_cast<double>(ends_.output_shape.numel());
  for (const int64_t size : options_.hidden) {
    const auto out = static_cast<double>(size);
    count += in * out + out * decoder_out;
    in = decoder_out = out;
  }
  return count + static_cast<double>(ends_.latent_dim) * decoder_out;
}

double MlpNetwork::num_activations() const {
  double count = 2.0 * static_cast<double>(ends_.data_shape.numel() + ends_.output_shape.numel());
  const double results = results_per_value(options_.style);
  for (const int64_t size : options_.hidden) count += 2.0 * results * static_cast<double>(size);
  return count;
}

std::unique_ptr<nn::Layer> MlpNetwork::encoder(Rng& rng) const {
  auto layers = std::make_unique<EncoderStack>(std::make_unique<nn::Flatten>());
  int64_t in = ends_.data_shape.numel();
  for (const int64_t out : options_.hidden) {
    push_hidden(*layers, in, out, options_.style, rng);
    in = out;
  }
  return layers;
}

std::unique_ptr<nn::Layer> MlpNetwork::decoder(Rng& rng) const {
  auto layers = std::make_unique<nn::Sequential>();
  int64_t in = ends_.latent_dim;
  for (size_t i = options_.hidden.size(); i-- > 0;) {
    const int64_t out = options_.hidden[i];
    push_hidden(*layers, in, out, options_.style, rng);
    in = out;
  }
  layers->push(std::make_unique<nn::Linear>(nn::Linear::Options{.in = in, .out = ends_.output_shape.numel()}, rng));
  layers->push(std::make_unique<nn::Unflatten>(ends_.output_shape));
  return layers;
}

Json MlpNetwork::config() const {
  nlohmann::json config = {{"name", "mlp"}, {"hidden", options_.hidden}};
  write_style(options_.style, config);
  return config;
}

}  // namespace latent

#include <latent/models/conv_network.hpp>

#include <latent/models/detail/hidden_style_json.hpp>

namespace latent {

std::unique_ptr<Network> ConvNetwork::make(const Json& config, const NetworkEnds& ends) {
  const JsonFields fields("network", *config,
                          {"name", "channels", "kernel", "stride", "hidden", "activation", "normalization", "dropout"});
  Options options;
  options.channels = fields.integers("channels", options.channels, 16, 1, int64_t{1} << 16);
  options.kernel = fields.integer("kernel", options.kernel, 1, 64);
  options.stride = fields.integer("stride", options.stride, 1, 64);
  options.hidden = fields.integers("hidden", options.hidden, 64, 1, int64_t{1} << 24);
  options.style = style_from(fields);
  return std::make_unique<ConvNetwork>(std::move(options), ends);
}

ConvNetwork::ConvNetwork(Options options, const NetworkEnds& ends) : options_(std::move(options)), ends_(ends) {
  LATENT_CHECK(ends_.data_shape.ndim() == 3,
               "[network] 'conv' needs images (C, H, W), got samples of shape {}; use network 'mlp'",
               ends_.data_shape.str());
  LATENT_CHECK(!options_.channels.empty(),
               "[network] channels: at least one convolution is needed; or use network 'mlp'");
  LATENT_CHECK(options_.stride <= options_.kernel, "[network] stride must not be larger than kernel = {}, got {}",
               options_.kernel, options_.stride);
  levels_ = conv_levels(ends_.data_shape, options_.channels, window());
}

int64_t ConvNetwork::features() const {
  return options_.hidden.empty() ? levels_.back().numel() : options_.hidden.back();
}

double ConvNetwork::num_weights() const {
  const auto window = static_cast<double>(options_.kernel * options_.kernel);
  double count = window * static_cast<double>(ends_.output_shape[0]) * static_cast<double>(levels_.front().out);
  for (size_t i = 0; i < levels_.size(); ++i) {
    // The transposed convolution of the first level, which leads to the output, is counted above.
    const double directions = i == 0 ? 1 : 2;
    count += directions * window * static_cast<double>(levels_[i].in) * static_cast<double>(levels_[i].out);
  }
  auto in = static_cast<double>(levels_.back().numel());
  for (const int64_t size : options_.hidden) {
    const auto out = static_cast<double>(size);
    count += 2 * in * out;
    in = out;
  }
  return count + static_cast<double>(ends_.latent_dim) * in;
}

double ConvNetwork::num_activations() const {
  double count = 3.0 * static_cast<double>(ends_.data_shape.numel() + ends_.output_shape.numel());
  const double results = results_per_value(options_.style);
  for (const ConvLevel& level : levels_) count += 2.0 * results * static_cast<double>(level.numel());
  const HiddenStyle plain{.dropout = options_.style.dropout};
  for (const int64_t size : options_.hidden) count += 2.0 * results_per_value(plain) * static_cast<double>(size);
  return count;
}

std::unique_ptr<nn::Layer> ConvNetwork::encoder(Rng& rng) const {
  auto layers = std::make_unique<EncoderStack>(std::make_unique<nn::ToChannelsLast>());
  for (const ConvLevel& level : levels_) {
    layers->push(std::make_unique<nn::Conv2d>(
        down_options(level, window(), options_.style.fused(), nn::Output::compute_type), rng));  // (N, h, w, out)
    push_rest(*layers, options_.style, level.out);
  }
  layers->push(std::make_unique<nn::ToChannelsFirst>());
  layers->push(std::make_unique<nn::Flatten>());
  const HiddenStyle plain{.activation = options_.style.activation, .dropout = options_.style.dropout};
  int64_t in = levels_.back().numel();
  for (const int64_t out : options_.hidden) {
    push_hidden(*layers, in, out, plain, rng);
    in = out;
  }
  return layers;
}

std::unique_ptr<nn::Layer> ConvNetwork::decoder(Rng& rng) const {
  auto layers = std::make_unique<nn::Sequential>();
  const HiddenStyle plain{.activation = options_.style.activation, .dropout = options_.style.dropout};
  int64_t in = ends_.latent_dim;
  for (size_t i = options_.hidden.size(); i-- > 0;) {
    const int64_t out = options_.hidden[i];
    push_hidden(*layers, in, out, plain, rng);
    in = out;
  }
  push_hidden(*layers, in, levels_.back().numel(), plain, rng);
  const ConvLevel& bottom = levels_.back();
  layers->push(std::make_unique<nn::Unflatten>(Shape{bottom.out, bottom.h, bottom.w}));
  layers->push(std::make_unique<nn::ToChannelsLast>());
  for (size_t i = levels_.size(); i-- > 1;) {
    push_up(*layers, levels_[i], window(), levels_[i].in, options_.style.fused(), nn::Output::compute_type, rng);
    push_rest(*layers, options_.style, levels_[i].in);
  }
  push_up(*layers, levels_[0], window(), ends_.output_shape[0], Activation::none, nn::Output::f32, rng);
  layers->push(std::make_unique<nn::ToChannelsFirst>());
  return layers;
}

Json ConvNetwork::config() const {
  nlohmann::json config = {{"name", "conv"},
                           {"channels", options_.channels},
                           {"kernel", options_.kernel},
                           {"stride", options_.stride},
                           {"hidden", options_.hidden}};
  write_style(options_.style, config);
  return config;
}

}  // namespace latent

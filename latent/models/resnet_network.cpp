#include <latent/models/resnet_network.hpp>

#include <latent/core/detail/json_fields.hpp>
#include <latent/models/beside_linear.hpp>
#include <latent/nn/residual.hpp>

namespace latent {

namespace {

constexpr Window kResnetWindow{.kernel = 4, .stride = 2};
constexpr int64_t kFirstChannels = 32, kMostResnetChannels = 192;

}  // namespace

std::unique_ptr<Network> ResNetNetwork::make(const Json& config, const NetworkEnds& ends) {
  const JsonFields fields("network", *config, {"name", "channels", "blocks", "linear"});
  Options options;
  options.channels = fields.integers("channels", options.channels, 16, 1, int64_t{1} << 16);
  options.blocks = fields.integer("blocks", options.blocks, 0, 64);
  if (const nlohmann::json* linear = fields.find("linear")) {
    if (!linear->is_boolean()) fields.refuse("linear", "expected true or false");
    options.linear = linear->get<bool>();
  }
  return std::make_unique<ResNetNetwork>(std::move(options), ends);
}

ResNetNetwork::ResNetNetwork(Options options, const NetworkEnds& ends) : options_(std::move(options)), ends_(ends) {
  LATENT_CHECK(ends_.data_shape.ndim() == 3,
               "[network] 'resnet' needs images (C, H, W), got samples of shape {}; use network 'mlp'",
               ends_.data_shape.str());
  if (options_.channels.empty())
    options_.channels = channels_for(ends_.data_shape, kFirstChannels, kMostResnetChannels);
  levels_ = conv_levels(ends_.data_shape, options_.channels, kResnetWindow);
  options_.linear = options_.linear && ends_.output_shape == ends_.data_shape;
  if (options_.linear) linear_.emplace(ends_.data_shape, ends_.latent_dim);
}

int64_t ResNetNetwork::features() const { return levels_.back().numel() + (linear_ ? ends_.latent_dim : 0); }

double ResNetNetwork::num_weights() const {
  constexpr double kWindowArea = 16, kBlockArea = 2 * 9;
  double count = linear_ ? linear_->num_weights() : 0.0;
  for (size_t i = 0; i < levels_.size(); ++i) {
    const auto in = static_cast<double>(levels_[i].in), out = static_cast<double>(levels_[i].out);
    const double back = i == 0 ? static_cast<double>(ends_.output_shape[0]) : in;
    count += kWindowArea * out * (in + back) + 2 * kBlockArea * static_cast<double>(options_.blocks) * out * out;
  }
  return count + static_cast<double>(ends_.latent_dim) * static_cast<double>(levels_.back().numel());
}

double ResNetNetwork::num_activations() const {
  double count = 3.0 * static_cast<double>(ends_.data_shape.numel() + ends_.output_shape.numel());
  for (const ConvLevel& level : levels_) {
    count += static_cast<double>(level.numel()) * 2.0 * (1.0 + 3.0 * static_cast<double>(options_.blocks));
  }
  return count;
}

std::unique_ptr<nn::Layer> ResNetNetwork::encoder(Rng& rng) const {
  auto layers = std::make_unique<EncoderStack>(std::make_unique<nn::ToChannelsLast>());
  for (const ConvLevel& level : levels_) {
    layers->push(
        std::make_unique<nn::Conv2d>(down_options(level, kResnetWindow, Activation::relu, nn::Output::f32), rng));
    nn::push_residual_blocks(*layers, options_.blocks, level.out, rng);
  }
  layers->push(std::make_unique<nn::ToChannelsFirst>());
  layers->push(std::make_unique<nn::Flatten>());
  return encoder_beside_linear(linear_ ? linear_->encoder(rng) : nullptr, std::move(layers));
}

std::unique_ptr<nn::Layer> ResNetNetwork::decoder(Rng& rng) const {
  auto layers = std::make_unique<nn::Sequential>();
  const ConvLevel& bottom = levels_.back();
  push_hidden(*layers, ends_.latent_dim, bottom.numel(), {.activation = Activation::relu}, rng);
  layers->push(std::make_unique<nn::Unflatten>(Shape{bottom.out, bottom.h, bottom.w}));
  layers->push(std::make_unique<nn::ToChannelsLast>());
  for (size_t i = levels_.size(); i-- > 0;) {
    nn::push_residual_blocks(*layers, options_.blocks, levels_[i].out, rng);
    if (i > 0) {
      push_up(*layers, levels_[i], kResnetWindow, levels_[i].in, Activation::relu, nn::Output::f32, rng);
      continue;
    }
    nn::ConvTranspose2d& last =
        push_up(*layers, levels_[0], kResnetWindow, ends_.output_shape[0], Activation::none, nn::Output::f32, rng);
    if (linear_) nn::start_at_zero(last);
  }
  layers->push(std::make_unique<nn::ToChannelsFirst>());
  return decoder_beside_linear(linear_ ? linear_->decoder(rng) : nullptr, std::move(layers));
}

Json ResNetNetwork::config() const {
  return nlohmann::json{
      {"name", "resnet"}, {"channels", options_.channels}, {"blocks", options_.blocks}, {"linear", options_.linear}};
}

Tensor ResNetNetwork::linear_view(const Tensor& x) const { return linear_ ? linear_->coarse(x) : Tensor(); }

void ResNetNetwork::start_from_axes(const PrincipalAxes& axes, nn::Layer& encoder, nn::Layer& decoder) const {
  start_linear_path(axes, ends_.latent_dim, {"linear.projection", "linear.0"}, encoder, decoder);
}

}  // namespace latent

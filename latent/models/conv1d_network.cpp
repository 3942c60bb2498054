#include <latent/models/conv1d_network.hpp>

#include <latent/core/detail/json_fields.hpp>
#include <latent/models/beside_linear.hpp>
#include <latent/models/conv_levels.hpp>
#include <latent/nn/residual.hpp>

#include <algorithm>

namespace latent {

namespace {

constexpr int64_t kStepsOfKernel = 4, kStrideInTime = 2;
constexpr int64_t kMostLinearWeights = int64_t{1} << 21;  // on each side
constexpr int64_t kFirstChannelsOfSeries = 32, kMostChannelsOfSeries = 128;

}  // namespace

std::unique_ptr<Network> Conv1dNetwork::make(const Json& config, const NetworkEnds& ends) {
  const JsonFields fields("network", *config, {"name", "channels", "linear"});
  Options options;
  options.channels = fields.integers("channels", options.channels, 16, 1, int64_t{1} << 16);
  if (const nlohmann::json* linear = fields.find("linear")) {
    if (!linear->is_boolean()) fields.refuse("linear", "expected true or false");
    options.linear = linear->get<bool>();
  }
  return std::make_unique<Conv1dNetwork>(std::move(options), ends);
}

Conv1dNetwork::Conv1dNetwork(Options options, const NetworkEnds& ends) : options_(std::move(options)), ends_(ends) {
  LATENT_CHECK(ends_.data_shape.ndim() == 2,
               "[network] 'conv1d' needs series (C, L), got samples of shape {}; use network 'mlp'",
               ends_.data_shape.str());
  const int64_t C = ends_.data_shape[0], L = ends_.data_shape[1];
  if (options_.channels.empty()) {
    options_.channels = channels_for({C, 1, L}, kFirstChannelsOfSeries, kMostChannelsOfSeries);
  }
  options_.linear = options_.linear && ends_.output_shape == ends_.data_shape &&
                    C * L <= kMostLinearWeights / std::max<int64_t>(1, ends_.latent_dim);
  Level level{.out = C, .l = L};
  for (const int64_t out : options_.channels) {
    level = {.in = level.out, .out = out, .L = level.l};
    // An odd length gets a zero more at its end: then the transpose gives back exactly L steps.
    level.conv = {.stride = kStrideInTime, .before = 1, .after = 1 + level.L % 2};
    level.l = (level.L + level.conv.before + level.conv.after - kStepsOfKernel) / kStrideInTime + 1;
    levels_.push_back(level);
  }
}

int64_t Conv1dNetwork::features() const { return levels_.back().numel() + (options_.linear ? ends_.latent_dim : 0); }

double Conv1dNetwork::num_weights() const {
  const auto D = static_cast<double>(ends_.latent_dim);
  double count = options_.linear ? 2.0 * D * static_cast<double>(ends_.data_shape.numel()) : 0.0;
  for (size_t i = 0; i < levels_.size(); ++i) {
    const double back = static_cast<double>(i == 0 ? ends_.output_shape[0] : levels_[i].in);
    count += static_cast<double>(kStepsOfKernel * levels_[i].out) * (static_cast<double>(levels_[i].in) + back);
  }
  return count + D * static_cast<double>(levels_.back().numel());
}

double Conv1dNetwork::num_activations() const {
  double count = 2.0 * static_cast<double>(ends_.data_shape.numel() + ends_.output_shape.numel());
  for (const Level& level : levels_) count += 2.0 * static_cast<double>(level.numel());
  return count;
}

std::unique_ptr<nn::Layer> Conv1dNetwork::encoder(Rng& rng) const {
  auto layers = std::make_unique<EncoderStack>(std::make_unique<nn::ToChannelsLast>());
  for (const Level& level : levels_) {
    const nn::Output output = &level == &levels_.back() ? nn::Output::f32 : nn::Output::compute_type;
    layers->push(std::make_unique<nn::Conv1d>(nn::Conv1d::Options{.in = level.in,
                                                                  .out = level.out,
                                                                  .kernel = kStepsOfKernel,
                                                                  .conv = level.conv,
                                                                  .activation = Activation::relu,
                                                                  .output = output},
                                              rng));
  }
  layers->push(std::make_unique<nn::Flatten>());
  if (!options_.linear) return encoder_beside_linear(nullptr, std::move(layers));
  auto linear = std::make_unique<EncoderStack>(std::make_unique<nn::Flatten>());
  linear->push(
      std::make_unique<nn::Linear>(nn::Linear::Options{.in = ends_.data_shape.numel(), .out = ends_.latent_dim}, rng));
  return encoder_beside_linear(std::move(linear), std::move(layers));
}

std::unique_ptr<nn::Layer> Conv1dNetwork::decoder(Rng& rng) const {
  auto layers = std::make_unique<nn::Sequential>();
  const Level& bottom = levels_.back();
  push_hidden(*layers, ends_.latent_dim, bottom.numel(), {.activation = Activation::relu}, rng);
  layers->push(std::make_unique<nn::Unflatten>(Shape{bottom.l, bottom.out}));
  for (size_t i = levels_.size(); i-- > 0;) {
    const Level& level = levels_[i];
    auto up = std::make_unique<nn::ConvTranspose1d>(
        nn::ConvTranspose1d::Options{.in = level.out,
                                     .out = i == 0 ? ends_.output_shape[0] : level.in,
                                     .kernel = kStepsOfKernel,
                                     .conv = level.conv,
                                     .activation = i == 0 ? Activation::none : Activation::relu,
                                     .output = i == 0 ? nn::Output::f32 : nn::Output::compute_type},
        rng);
    if (i == 0 && options_.linear) nn::start_at_zero(*up);
    layers->push(std::move(up));
  }
  layers->push(std::make_unique<nn::ToChannelsFirst>());
  if (!options_.linear) return decoder_beside_linear(nullptr, std::move(layers));
  auto linear = std::make_unique<nn::Sequential>();
  linear->push(
      std::make_unique<nn::Linear>(nn::Linear::Options{.in = ends_.latent_dim, .out = ends_.data_shape.numel()}, rng));
  linear->push(std::make_unique<nn::Unflatten>(ends_.data_shape));
  return decoder_beside_linear(std::move(linear), std::move(layers));
}

Json Conv1dNetwork::config() const {
  return nlohmann::json{{"name", "conv1d"}, {"channels", options_.channels}, {"linear", options_.linear}};
}

Tensor Conv1dNetwork::linear_view(const Tensor& x) const {
  return options_.linear ? x.detach().view_as({x.dim(0), ends_.data_shape.numel()}) : Tensor();
}

void Conv1dNetwork::start_from_axes(const PrincipalAxes& axes, nn::Layer& encoder, nn::Layer& decoder) const {
  start_linear_path(axes, ends_.latent_dim, {"linear.0", "linear.0"}, encoder, decoder);
}

}  // namespace latent

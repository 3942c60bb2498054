#include <latent/models/conv_network.hpp>

#include <latent/core/json_fields.hpp>

#include <algorithm>

namespace latent {

namespace {

// Half of kernel - stride, so that 4x4 with stride 2 halves the size and 3x3 with stride 1 keeps it; rounded up where
// that does not make the image grow. Images smaller than the kernel get as much more as one output needs.
int64_t padding_for(int64_t kernel, int64_t stride, int64_t smaller_side) {
  const int64_t usual = std::min((kernel - stride + 1) / 2, (kernel - 1) / 2);
  return std::max(usual, (kernel - smaller_side + 1) / 2);
}

}  // namespace

std::unique_ptr<Network> ConvNetwork::make(const nlohmann::json& config, const NetworkEnds& ends) {
  const JsonFields fields("network", config,
                          {"name", "channels", "kernel", "stride", "hidden", "activation", "normalization"});
  Options options;
  options.channels = fields.integers("channels", options.channels, 16, 1, int64_t{1} << 16);
  options.kernel = fields.integer("kernel", options.kernel, 1, 64);
  options.stride = fields.integer("stride", options.stride, 1, 64);
  options.hidden = fields.integers("hidden", options.hidden, 64, 1, int64_t{1} << 24);
  options.style.activation = activation_from(printable(std::string_view(fields.text("activation", "relu"))));
  options.style.normalization = normalization_from(fields.text("normalization", "none"));
  return std::make_unique<ConvNetwork>(std::move(options), ends);
}

ConvNetwork::ConvNetwork(Options options, const NetworkEnds& ends) : options_(std::move(options)), ends_(ends) {
  LATENT_CHECK(ends_.data_shape.ndim() == 3,
               "[network] 'conv' needs images (C, H, W), got samples of shape {}; use network 'mlp'",
               ends_.data_shape.str());
  LATENT_CHECK(!options_.channels.empty(),
               "[network] channels: at least one convolution is needed; or use network 'mlp'");
  const int64_t kernel = options_.kernel, stride = options_.stride;
  LATENT_CHECK(stride <= kernel, "[network] stride must not be larger than kernel = {}, got {}", kernel, stride);
  Level level{.out = ends_.data_shape[0], .h = ends_.data_shape[1], .w = ends_.data_shape[2]};
  for (const int64_t channels : options_.channels) {
    level = {.in = level.out, .out = channels, .H = level.h, .W = level.w};
    level.padding = padding_for(kernel, stride, std::min(level.H, level.W));
    level.h = (level.H + 2 * level.padding - kernel) / stride + 1;
    level.w = (level.W + 2 * level.padding - kernel) / stride + 1;
    levels_.push_back(level);
  }
}

int64_t ConvNetwork::features() const { return options_.hidden.empty() ? bottom_numel() : options_.hidden.back(); }

double ConvNetwork::num_weights() const {
  const auto window = static_cast<double>(options_.kernel * options_.kernel);
  double count = window * static_cast<double>(ends_.output_shape[0]) * static_cast<double>(levels_.front().out);
  for (size_t i = 0; i < levels_.size(); ++i) {
    // The transposed convolution of the first level, which leads to the output, is counted above.
    const double directions = i == 0 ? 1 : 2;
    count += directions * window * static_cast<double>(levels_[i].in) * static_cast<double>(levels_[i].out);
  }
  auto in = static_cast<double>(bottom_numel());
  for (const int64_t size : options_.hidden) {
    const auto out = static_cast<double>(size);
    count += 2 * in * out;
    in = out;
  }
  return count + static_cast<double>(ends_.latent_dim) * in;
}

std::unique_ptr<nn::Layer> ConvNetwork::encoder(Rng& rng) const {
  auto layers = std::make_unique<EncoderStack>(std::make_unique<nn::ToChannelsLast>());
  for (const Level& level : levels_) {
    const nn::Conv2d::Options options{.in = level.in,
                                      .out = level.out,
                                      .kernel = options_.kernel,
                                      .conv = {.stride = options_.stride, .padding = level.padding},
                                      .activation = options_.style.fused(),
                                      .output = nn::Output::compute_type};
    layers->push(std::make_unique<nn::Conv2d>(options, rng));  // (N, h, w, out)
    push_rest(*layers, options_.style, level.out);
  }
  layers->push(std::make_unique<nn::ToChannelsFirst>());
  layers->push(std::make_unique<nn::Flatten>());
  const HiddenStyle plain{.activation = options_.style.activation};
  int64_t in = bottom_numel();
  for (const int64_t out : options_.hidden) {
    push_hidden(*layers, in, out, plain, rng);
    in = out;
  }
  return layers;
}

std::unique_ptr<nn::Layer> ConvNetwork::decoder(Rng& rng) const {
  auto layers = std::make_unique<nn::Sequential>();
  const HiddenStyle plain{.activation = options_.style.activation};
  int64_t in = ends_.latent_dim;
  for (size_t i = options_.hidden.size(); i-- > 0;) {
    const int64_t out = options_.hidden[i];
    push_hidden(*layers, in, out, plain, rng);
    in = out;
  }
  push_hidden(*layers, in, bottom_numel(), plain, rng);
  const Level& bottom = levels_.back();
  layers->push(std::make_unique<nn::Unflatten>(Shape{bottom.out, bottom.h, bottom.w}));
  layers->push(std::make_unique<nn::ToChannelsLast>());
  for (size_t i = levels_.size(); i-- > 0;) push_transpose(*layers, i, rng);
  layers->push(std::make_unique<nn::ToChannelsFirst>());
  return layers;
}

void ConvNetwork::push_transpose(nn::Sequential& layers, size_t index, Rng& rng) const {
  const Level& level = levels_[index];
  const bool last = index == 0;
  // What the convolution's rounding down left over must be put back on the lower right. Height and width can differ
  // in it; then the larger one is put back on both sides, and the row or column too many is cut off.
  const int64_t left_over_h = (level.H + 2 * level.padding - options_.kernel) % options_.stride;
  const int64_t left_over_w = (level.W + 2 * level.padding - options_.kernel) % options_.stride;
  nn::ConvTranspose2d::Options options{.in = level.out,
                                       .out = level.in,
                                       .kernel = options_.kernel,
                                       .conv = {.stride = options_.stride,
                                                .padding = level.padding,
                                                .output_padding = std::max(left_over_h, left_over_w)},
                                       .activation = options_.style.fused(),
                                       .output = nn::Output::compute_type};
  if (last) {
    options.out = ends_.output_shape[0];
    options.activation = Activation::none;
    options.output = nn::Output::f32;
  }
  layers.push(std::make_unique<nn::ConvTranspose2d>(options, rng));
  if (left_over_h != left_over_w) layers.push(std::make_unique<Crop>(level.H, level.W));
  if (!last) push_rest(layers, options_.style, level.in);
}

nlohmann::json ConvNetwork::config() const {
  return {{"name", "conv"},
          {"channels", options_.channels},
          {"kernel", options_.kernel},
          {"stride", options_.stride},
          {"hidden", options_.hidden},
          {"activation", name_of(options_.style.activation)},
          {"normalization", name_of(options_.style.normalization)}};
}

}  // namespace latent

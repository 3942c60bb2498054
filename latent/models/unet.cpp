#include <latent/models/unet.hpp>

namespace latent {

namespace {

constexpr Window kUnetWindow{.kernel = 4, .stride = 2};

}  // namespace

std::vector<ConvLevel> UNet::levels_of(const Options& options) {
  return conv_levels(Shape{options.in, options.H, options.W}, options.channels, kUnetWindow);
}

UNet::UNet(const Options& options, Rng& rng) {
  LATENT_CHECK(options.in >= 1 && options.out >= 1 && options.H >= 1 && options.W >= 1 && !options.channels.empty() &&
                   options.blocks >= 0,
               "[UNet] images and at least one level expected, got {} -> {} channels of {} x {}, {} levels", options.in,
               options.out, options.H, options.W, options.channels.size());
  const std::vector<ConvLevel> levels = levels_of(options);
  for (size_t i = 0; i < levels.size(); ++i) {
    auto down = std::make_unique<nn::Sequential>(), up = std::make_unique<nn::Sequential>();
    down->push(
        std::make_unique<nn::Conv2d>(down_options(levels[i], kUnetWindow, Activation::relu, nn::Output::f32), rng));
    nn::push_residual_blocks(*down, options.blocks, levels[i].out, rng);
    // Where levels meet, the one below has been added already; the lowest has nothing below.
    if (i + 1 < levels.size()) nn::push_residual_blocks(*up, options.blocks, levels[i].out, rng);
    const bool last = i == 0;
    nn::ConvTranspose2d& back =
        push_up(*up, levels[i], kUnetWindow, last ? options.out : levels[i].in, Activation::none, nn::Output::f32, rng);
    if (last) nn::start_at_zero(back);
    add_child("down." + std::to_string(i), *down);
    add_child("up." + std::to_string(i), *up);
    down_.push_back(std::move(down));
    up_.push_back(std::move(up));
  }
}

Tensor UNet::forward(const Tensor& x, const nn::Context& context) const {
  std::vector<Tensor> levels;
  Tensor h = x;  // (N, H, W, in)
  for (const auto& down : down_) levels.push_back(h = down->forward(h, context));
  for (size_t i = up_.size(); i-- > 0;) {
    h = up_[i]->forward(h, context);
    if (i > 0) h = add(h, levels[i - 1]);
  }
  return h;  // (N, H, W, out)
}

double UNet::num_weights(const Options& options) {
  constexpr double kWindowArea = 16, kBlockArea = 2 * 9;
  const std::vector<ConvLevel> levels = levels_of(options);
  double count = 0;
  for (size_t i = 0; i < levels.size(); ++i) {
    const auto in = static_cast<double>(levels[i].in), out = static_cast<double>(levels[i].out);
    const double back = i == 0 ? static_cast<double>(options.out) : in, ways = i + 1 < levels.size() ? 2 : 1;
    count += kWindowArea * out * (in + back) + ways * kBlockArea * static_cast<double>(options.blocks) * out * out;
  }
  return count;
}

double UNet::num_activations(const Options& options) {
  double count = static_cast<double>(options.in + options.out) * static_cast<double>(options.H * options.W);
  for (const ConvLevel& level : levels_of(options)) {
    count += static_cast<double>(level.numel()) * 2.0 * (1.0 + 3.0 * static_cast<double>(options.blocks));
  }
  return count;
}

}  // namespace latent

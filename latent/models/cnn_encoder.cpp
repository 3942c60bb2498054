#include <latent/models/cnn_encoder.hpp>

#include <latent/core/detail/json_fields.hpp>
#include <latent/models/network_parts.hpp>
#include <latent/nn/residual.hpp>

#include <algorithm>

namespace latent {

namespace {

constexpr int64_t kCnnKernel = 3, kCnnPadding = 1;
constexpr double kKernelArea = 9.0, kBlockConvolutions = 2.0;

// A level: the first keeps the size of the image, the others halve it.
struct CnnLevel {
  int64_t in = 0, out = 0, stride = 1, h = 0, w = 0;
  double numel() const { return static_cast<double>(out) * static_cast<double>(h) * static_cast<double>(w); }
};

std::vector<CnnLevel> levels_of(const CnnEncoder& encoder, const Shape& image) {
  std::vector<CnnLevel> levels;
  int64_t in = image[0], h = image[1], w = image[2];
  for (const int64_t out : encoder.channels) {
    const int64_t stride = levels.empty() ? 1 : 2;
    h = (h + stride - 1) / stride, w = (w + stride - 1) / stride;
    levels.push_back({in, out, stride, h, w});
    in = out;
  }
  return levels;
}

}  // namespace

CnnEncoder CnnEncoder::from(const Json& config) {
  const JsonFields fields("network", *config, {"name", "channels", "blocks"});
  CnnEncoder encoder;
  encoder.channels = fields.integers("channels", encoder.channels, 16, 1, int64_t{1} << 16);
  encoder.blocks = fields.integer("blocks", encoder.blocks, 0, 64);
  LATENT_CHECK(!encoder.channels.empty(), "[network] 'cnn' needs at least one number of channels");
  return encoder;
}

Json CnnEncoder::config() const { return nlohmann::json{{"name", "cnn"}, {"channels", channels}, {"blocks", blocks}}; }

void CnnEncoder::check(const Shape& image) const {
  LATENT_CHECK(image.ndim() == 3, "[network] 'cnn' needs images (C, H, W), got samples of shape {}; use network 'mlp'",
               image.str());
  const int64_t least = int64_t{1} << (channels.size() - 1);
  LATENT_CHECK(std::min(image[1], image[2]) >= least,
               "[network] 'cnn' with {} levels halves images {} times and needs sides of at least {} pixels, got {} x "
               "{}; use fewer channels or network 'mlp'",
               channels.size(), channels.size() - 1, least, image[1], image[2]);
}

int64_t CnnEncoder::features(const Shape& image) const {
  const CnnLevel last = levels_of(*this, image).back();
  return last.out * last.h * last.w;
}

double CnnEncoder::num_weights(const Shape& image) const {
  double count = 0.0;
  const std::vector<CnnLevel> levels = levels_of(*this, image);
  for (size_t i = 0; i < levels.size(); ++i) {
    const auto in = static_cast<double>(levels[i].in), out = static_cast<double>(levels[i].out);
    count += kKernelArea * in * out;
    if (i > 0) count += static_cast<double>(blocks) * kBlockConvolutions * kKernelArea * out * out;
  }
  return count;
}

double CnnEncoder::num_activations(const Shape& image) const {
  constexpr double kNormalised = 3.0, kBlock = 3.0;  // convolution, normalisation, ReLU; two convolutions and the sum
  auto count = static_cast<double>(image.numel());
  const std::vector<CnnLevel> levels = levels_of(*this, image);
  for (size_t i = 0; i < levels.size(); ++i) {
    count += levels[i].numel() * (kNormalised + (i > 0 ? kBlock * static_cast<double>(blocks) : 0.0));
  }
  return count;
}

std::unique_ptr<nn::Layer> CnnEncoder::make(const Shape& image, Rng& rng) const {
  check(image);
  const HiddenStyle style{.activation = Activation::relu, .normalization = Normalization::batch};
  auto layers = std::make_unique<EncoderStack>(std::make_unique<nn::ToChannelsLast>());
  bool is_first = true;
  for (const CnnLevel& level : levels_of(*this, image)) {
    layers->push(
        std::make_unique<nn::Conv2d>(nn::Conv2d::Options{.in = level.in,
                                                         .out = level.out,
                                                         .kernel = kCnnKernel,
                                                         .conv = {.stride = level.stride, .padding = kCnnPadding},
                                                         .output = nn::Output::compute_type},
                                     rng));  // (N, h, w, out)
    push_rest(*layers, style, level.out);
    if (!is_first) nn::push_residual_blocks(*layers, blocks, level.out, rng);
    is_first = false;
  }
  layers->push(std::make_unique<nn::ToChannelsFirst>());
  layers->push(std::make_unique<nn::Flatten>());
  return layers;
}

}  // namespace latent

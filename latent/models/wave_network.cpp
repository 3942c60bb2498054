#include <latent/models/wave_network.hpp>

#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <numeric>

namespace latent {

namespace {

constexpr int64_t kEndKernel = 7, kInnerKernel = 3;
constexpr double kPathGain = 3.0;  // of the cosine transform: speech then fills most of what tanh leaves alone

int64_t hop_of(const WaveNetwork::Options& options) {
  return std::accumulate(options.strides.begin(), options.strides.end(), int64_t{1}, std::multiplies<>());
}

WaveNetwork::Options wave_options(const nlohmann::json& config) {
  const JsonFields fields("network", config, {"name", "channels", "strides", "frame_dim"});
  WaveNetwork::Options options;
  constexpr size_t kMostLevels = 12;
  options.channels = fields.integers("channels", options.channels, kMostLevels + 1, 1, int64_t{1} << 16);
  options.strides = fields.integers("strides", options.strides, kMostLevels, 1, 64);
  options.frame_dim = fields.integer("frame_dim", options.frame_dim, 1, int64_t{1} << 16);
  LATENT_CHECK(!options.strides.empty() && options.channels.size() == options.strides.size() + 1,
               "[wave] channels: one more than strides expected, got {} and {}", options.channels.size(),
               options.strides.size());
  constexpr int64_t kMostHop = int64_t{1} << 16;
  int64_t hop = 1;
  for (const int64_t stride : options.strides) {
    hop *= stride;
    LATENT_CHECK(hop <= kMostHop, "[wave] strides with a product up to {} expected", kMostHop);
  }
  return options;
}

// (N, C, L) -> frames, (N, frames frame_dim): sounds are filled up with silence to whole frames.
class WaveEncoder : public nn::Layer {
 public:
  explicit WaveEncoder(int64_t hop) : hop_(hop) { add_child("coder", coder); }
  Tensor forward(const Tensor& x, const nn::Context& context) const override {
    const int64_t rest = (hop_ - x.dim(2) % hop_) % hop_;
    return flatten(coder.forward(to_channels_last(rest == 0 ? x : pad_columns(x, 0, rest)), context));
  }
  WaveCoder coder;

 private:
  int64_t hop_;
};

// Frames (N, frames frame_dim) -> (N, C, L).
class WaveDecoder : public nn::Layer {
 public:
  WaveDecoder(int64_t frame_dim, int64_t L) : frame_dim_(frame_dim), L_(L) { add_child("coder", coder); }
  Tensor forward(const Tensor& z, const nn::Context& context) const override {
    const Tensor frames = reshape(z, Shape{z.dim(0), z.dim(1) / frame_dim_, frame_dim_});
    const Tensor x = to_channels_first(coder.forward(frames, context));
    return x.dim(2) == L_ ? x : columns(x, 0, L_);
  }
  WaveCoder coder;

 private:
  int64_t frame_dim_, L_;
};

}  // namespace

std::unique_ptr<Network> WaveNetwork::make(const Json& config, const NetworkEnds& ends) {
  return std::make_unique<WaveNetwork>(wave_options(*config), ends);
}

WaveNetwork::WaveNetwork(Options options, const NetworkEnds& ends) : options_(std::move(options)), ends_(ends) {
  LATENT_CHECK(ends.data_shape.ndim() == 2, "[wave] needs sounds as waves (C, L), got samples of shape {}",
               ends.data_shape.str());
  LATENT_CHECK(ends.output_shape == ends.data_shape,
               "[wave] the likelihood needs more than one number for each value; use likelihood 'wave' or 'gaussian'");
  const WaveFrames frames{.hop = hop_of(options_), .frame_dim = options_.frame_dim};
  const int64_t expected = frames.latent_dim(ends.data_shape[1]);
  LATENT_CHECK(
      ends.latent_dim == expected,
      "[wave] the code of {} values in frames of {}, with {} numbers each, has {} dimensions; latent_dim is {}",
      ends.data_shape[1], frames.hop, frames.frame_dim, expected, ends.latent_dim);
}

double WaveNetwork::num_weights() const {
  const auto product = [](int64_t a, int64_t b, int64_t c) {
    return static_cast<double>(a) * static_cast<double>(b) * static_cast<double>(c);
  };
  const std::vector<int64_t>& c = options_.channels;
  double half =
      product(ends_.data_shape[0], c.front(), kEndKernel) + product(c.back(), options_.frame_dim, kInnerKernel);
  for (size_t i = 0; i + 1 < c.size(); ++i) {
    half += product(c[i], c[i], kInnerKernel + 1) + product(c[i], c[i + 1], 2 * options_.strides[i]);
  }
  return 2.0 * (half + product(ends_.data_shape[0], options_.frame_dim, 2 * hop_of(options_)));
}

double WaveNetwork::num_activations() const {
  constexpr double kResultsPerLevel = 5.0;  // entrance with its zeros, and the four results of a residual block
  auto places = static_cast<double>(ends_.data_shape[1]);
  double count = 2.0 * static_cast<double>(ends_.data_shape.numel());
  for (size_t i = 0; i < options_.channels.size(); ++i) {
    count += kResultsPerLevel * places * static_cast<double>(options_.channels[i]);
    if (i < options_.strides.size()) places /= static_cast<double>(options_.strides[i]);
  }
  return 2.0 * (count + static_cast<double>(ends_.latent_dim));
}

std::unique_ptr<nn::Layer> WaveNetwork::encoder(Rng& rng) const {
  auto encoder = std::make_unique<WaveEncoder>(hop_of(options_));
  const std::vector<int64_t>& c = options_.channels;
  constexpr nn::Output kOn = nn::Output::compute_type;
  encoder->coder.push_down(ends_.data_shape[0], c.front(), kEndKernel, 1, Activation::silu, kOn, rng);
  for (size_t i = 0; i + 1 < c.size(); ++i) {
    encoder->coder.push_residual(c[i], rng);
    const int64_t stride = options_.strides[i];
    encoder->coder.push_down(c[i], c[i + 1], 2 * stride, stride, Activation::silu, kOn, rng);
  }
  encoder->coder.push_down(c.back(), options_.frame_dim, kInnerKernel, 1, Activation::none, nn::Output::f32, rng);
  encoder->coder.set_path_down(ends_.data_shape[0], options_.frame_dim, hop_of(options_), kPathGain, rng);
  return encoder;
}

std::unique_ptr<nn::Layer> WaveNetwork::decoder(Rng& rng) const {
  auto decoder = std::make_unique<WaveDecoder>(options_.frame_dim, ends_.data_shape[1]);
  const std::vector<int64_t>& c = options_.channels;
  decoder->coder.push_down(options_.frame_dim, c.back(), kInnerKernel, 1, Activation::silu, nn::Output::compute_type,
                           rng);
  for (size_t i = c.size() - 1; i-- > 0;) {
    decoder->coder.push_up(c[i + 1], c[i], options_.strides[i], Activation::silu, nn::Output::compute_type, rng);
    decoder->coder.push_residual(c[i], rng);
  }
  decoder->coder.push_down(c.front(), ends_.data_shape[0], kEndKernel, 1, Activation::none, nn::Output::f32, rng);
  decoder->coder.set_path_up(options_.frame_dim, ends_.data_shape[0], hop_of(options_), kPathGain, rng);
  return decoder;
}

Json WaveNetwork::config() const {
  return nlohmann::json{{"name", "wave"},
                        {"channels", options_.channels},
                        {"strides", options_.strides},
                        {"frame_dim", options_.frame_dim}};
}

std::optional<WaveFrames> wave_frames(const Json& network) {
  if (name_in("network", *network) != "wave") return std::nullopt;
  const WaveNetwork::Options options = wave_options(*network);
  return WaveFrames{.hop = hop_of(options), .frame_dim = options.frame_dim};
}

const WaveCoder& wave_coder_of(const nn::Layer& half) {
  if (const auto* encoder = dynamic_cast<const WaveEncoder*>(&half)) return encoder->coder;
  const auto* decoder = dynamic_cast<const WaveDecoder*>(&half);
  LATENT_CHECK(decoder != nullptr, "[wave_coder_of] half of a network 'wave' expected");
  return decoder->coder;
}

}  // namespace latent

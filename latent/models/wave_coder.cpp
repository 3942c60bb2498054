#include <latent/models/wave_coder.hpp>

#include <latent/autograd/shaping.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <type_traits>

namespace latent {

namespace {

// (N, A, C) and (N, B, C) -> (N, A + B, C).
Tensor one_after_the_other(const Tensor& a, const Tensor& b) {
  const int64_t N = b.dim(0), C = b.dim(2), A = a.dim(1) * C, B = b.dim(1) * C;
  Tensor y = Tensor::empty(Shape{N, a.dim(1) + b.dim(1), C}, b.dtype());
  const auto bytes = [&](int64_t values) { return static_cast<size_t>(values) * size_of(b.dtype()); };
  for (int64_t n = 0; n < N; ++n) {
    auto* row = static_cast<std::byte*>(y.raw()) + bytes(n * (A + B));
    std::memcpy(row, static_cast<const std::byte*>(a.raw()) + bytes(n * A), bytes(A));
    std::memcpy(row + bytes(A), static_cast<const std::byte*>(b.raw()) + bytes(n * B), bytes(B));
  }
  return y;
}

// The last `places` of (N, T, C).
Tensor end_of(const Tensor& x, int64_t places) {
  const NoGrad no_grad;
  const int64_t T = x.dim(1), C = x.dim(2);
  return reshape(columns(flatten(x), (T - places) * C, T * C), Shape{x.dim(0), places, C});
}

// x behind what was before it, of which `places` are remembered; none were before the first block.
Tensor behind_last(const Tensor& x, int64_t places, Tensor& last) {
  if (places == 0) return x;
  if (!last.defined()) last = Tensor::zeros(Shape{x.dim(0), places, x.dim(2)}, x.dtype());
  const Tensor all = one_after_the_other(last, x);
  last = end_of(all, places);
  return all;
}

// Weights (dims, channels, 1, 2 hop) of either direction: number d of a frame is frequency d / channels of channel
// d % channels. An encoder's frame ends with the values that it is about, a decoder's begins with them; the rest is 0.
template <class Conv>
void set_cosines(Conv& layer, int64_t channels, int64_t hop, double gain) {
  constexpr bool kDecodes = std::is_same_v<Conv, nn::ConvTranspose1d>;
  const int64_t dims = layer.weight.dim(0);
  std::ranges::fill(layer.weight.template span<float>(), 0.0f);
  std::ranges::fill(layer.bias.template span<float>(), 0.0f);
  const auto hops = static_cast<double>(hop);
  for (int64_t d = 0; d < std::min(dims, hop * channels); ++d) {
    const int64_t frequency = d / channels, channel = d % channels;
    float* row = layer.weight.template data<float>() + (d * channels + channel) * 2 * hop + (kDecodes ? 0 : hop);
    for (int64_t t = 0; t < hop; ++t) {
      const double angle =
          std::numbers::pi / hops * (static_cast<double>(t) + 0.5) * (static_cast<double>(frequency) + 0.5);
      row[t] = static_cast<float>(gain * std::sqrt(2.0 / hops) * std::cos(angle));
    }
  }
}

}  // namespace

void WaveCoder::push_down(int64_t in, int64_t out, int64_t kernel, int64_t stride, Activation activation,
                          nn::Output output, Rng& rng) {
  LATENT_CHECK(kernel >= stride, "[WaveCoder] a kernel of at least the stride {} expected, got {}", stride, kernel);
  steps_.push_back({Way::down, down_.size()});
  down_.push_back(
      std::make_unique<nn::Conv1d>(nn::Conv1d::Options{.in = in,
                                                       .out = out,
                                                       .kernel = kernel,
                                                       .conv = {.stride = stride, .before = kernel - stride},
                                                       .activation = activation,
                                                       .output = output},
                                   rng));
  add_child(fmt::format("down.{}", down_.size() - 1), *down_.back());
}

void WaveCoder::push_up(int64_t in, int64_t out, int64_t stride, Activation activation, nn::Output output, Rng& rng) {
  steps_.push_back({Way::up, up_.size()});
  up_.push_back(
      std::make_unique<nn::ConvTranspose1d>(nn::ConvTranspose1d::Options{.in = in,
                                                                         .out = out,
                                                                         .kernel = 2 * stride,
                                                                         .conv = {.stride = stride, .after = stride},
                                                                         .activation = activation,
                                                                         .output = output},
                                            rng));
  add_child(fmt::format("up.{}", up_.size() - 1), *up_.back());
}

void WaveCoder::push_residual(int64_t channels, Rng& rng) {
  push_down(channels, channels, 3, 1, Activation::silu, nn::Output::compute_type, rng);
  push_down(channels, channels, 1, 1, Activation::none, nn::Output::f32, rng);
  steps_.pop_back();
  steps_.back().way = Way::residual;
}

void WaveCoder::start_from_nothing(const Step& last) {
  nn::Conv1d& layer = *down_[last.layer];
  std::ranges::fill(layer.weight.span<float>(), 0.0f);
  std::ranges::fill(layer.bias.span<float>(), 0.0f);
}

void WaveCoder::set_path_down(int64_t in, int64_t out, int64_t hop, double gain, Rng& rng) {
  start_from_nothing(steps_.back());
  push_down(in, out, 2 * hop, hop, Activation::none, nn::Output::f32, rng);
  path_ = steps_.back();
  steps_.pop_back();
  set_cosines(*down_.back(), in, hop, gain);
}

void WaveCoder::set_path_up(int64_t in, int64_t out, int64_t hop, double gain, Rng& rng) {
  start_from_nothing(steps_.back());
  push_up(in, out, hop, Activation::none, nn::Output::f32, rng);
  path_ = steps_.back();
  steps_.pop_back();
  set_cosines(*up_.back(), out, hop, 1.0 / gain);
}

Tensor WaveCoder::step_forward(const Step& step, const Tensor& x, const nn::Context& context) const {
  if (step.way == Way::up) return up_[step.layer]->forward(x, context);
  const Tensor y = down_[step.layer]->forward(x, context);
  if (step.way == Way::down) return y;
  return cast(x, DType::f32) + down_[step.layer + 1]->forward(y, context);
}

Tensor WaveCoder::forward(const Tensor& x, const nn::Context& context) const {
  Tensor h = x;
  for (const Step& step : steps_) h = step_forward(step, h, context);
  return path_ ? h + step_forward(*path_, x, context) : h;
}

// As step_forward(), with what was before in the place of zeros.
Tensor WaveCoder::step_next(const Step& step, const Tensor& x, Tensor& last) const {
  if (step.way == Way::up) {
    const nn::ConvTranspose1d& up = *up_[step.layer];
    const int64_t stride = up.options().conv.stride;
    return conv_transpose1d(behind_last(x, 1, last), up.weight, up.bias,
                            {.stride = stride, .before = stride, .after = stride}, up.options().activation,
                            nn::result_type(up.weight, up.options().output));
  }
  const nn::Conv1d& down = *down_[step.layer];
  const Tensor y = conv1d(behind_last(x, down.options().conv.before, last), down.weight, down.bias,
                          {.stride = down.options().conv.stride}, down.options().activation,
                          nn::result_type(down.weight, down.options().output));
  if (step.way == Way::down) return y;
  return cast(x, DType::f32) + down_[step.layer + 1]->forward(y, nn::Mode::eval);
}

Tensor WaveCoder::next_block(const Tensor& x, Memory& memory) const {
  const NoGrad no_grad;
  memory.last.resize(steps_.size() + 1);
  Tensor h = x;
  for (size_t i = 0; i < steps_.size(); ++i) h = step_next(steps_[i], h, memory.last[i]);
  return path_ ? h + step_next(*path_, x, memory.last.back()) : h;
}

}  // namespace latent

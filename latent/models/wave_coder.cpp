#include <latent/models/wave_coder.hpp>

#include <latent/autograd/shaping.hpp>

#include <fmt/core.h>

#include <cstring>

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

}  // namespace

void WaveCoder::push_down(int64_t in, int64_t out, int64_t kernel, int64_t stride, Activation activation,
                          nn::Output output, Rng& rng) {
  LATENT_CHECK(kernel >= stride, "[WaveCoder] a kernel of at least the stride {} expected, got {}", stride, kernel);
  steps_.push_back({Way::down, down_.size()});
  down_.push_back(std::make_unique<nn::Conv1d>(nn::Conv1d::Options{.in = in,
                                                                   .out = out,
                                                                   .kernel = kernel,
                                                                   .conv = {.stride = stride, .before = kernel - stride},
                                                                   .activation = activation,
                                                                   .output = output},
                                               rng));
  add_child(fmt::format("down.{}", down_.size() - 1), *down_.back());
}

void WaveCoder::push_up(int64_t in, int64_t out, int64_t stride, Activation activation, Rng& rng) {
  steps_.push_back({Way::up, up_.size()});
  up_.push_back(
      std::make_unique<nn::ConvTranspose1d>(nn::ConvTranspose1d::Options{.in = in,
                                                                         .out = out,
                                                                         .kernel = 2 * stride,
                                                                         .conv = {.stride = stride, .after = stride},
                                                                         .activation = activation,
                                                                         .output = nn::Output::compute_type},
                                            rng));
  add_child(fmt::format("up.{}", up_.size() - 1), *up_.back());
}

void WaveCoder::push_residual(int64_t channels, Rng& rng) {
  push_down(channels, channels, 3, 1, Activation::silu, nn::Output::compute_type, rng);
  push_down(channels, channels, 1, 1, Activation::none, nn::Output::f32, rng);
  steps_.pop_back();
  steps_.back().way = Way::residual;
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
  return h;
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
  memory.last.resize(steps_.size());
  Tensor h = x;
  for (size_t i = 0; i < steps_.size(); ++i) h = step_next(steps_[i], h, memory.last[i]);
  return h;
}

}  // namespace latent

#include <latent/nn/conv1d.hpp>

namespace latent::nn {

namespace {

void check_conv1d(const char* name, const Conv1d::Options& o) {
  LATENT_CHECK(o.in >= 1 && o.out >= 1 && o.kernel >= 1,
               "[{}] channels and kernel of at least 1 expected, got {} -> {}, kernel {}", name, o.in, o.out, o.kernel);
}

}  // namespace

Conv1d::Conv1d(const Options& options, Rng& rng) : options_(options) {
  check_conv1d("Conv1d", options);
  const int64_t fan_in = options.in * options.kernel;
  weight = add_weight("weight", uniform_start(Shape{options.out, options.in, 1, options.kernel}, fan_in, rng));
  bias = add_parameter("bias", uniform_start(Shape{options.out}, fan_in, rng));
}

Tensor Conv1d::forward(const Tensor& x, const Context&) const {
  return conv1d(x, weight, bias, options_.conv, options_.activation, result_type(weight, options_.output));
}

ConvTranspose1d::ConvTranspose1d(const Options& options, Rng& rng) : options_(options) {
  check_conv1d("ConvTranspose1d", options);
  // PyTorch computes this layer's fan from the second dimension of its weight, which is `out`.
  const int64_t fan_in = options.out * options.kernel;
  weight = add_weight("weight", uniform_start(Shape{options.in, options.out, 1, options.kernel}, fan_in, rng));
  bias = add_parameter("bias", uniform_start(Shape{options.out}, fan_in, rng));
}

Tensor ConvTranspose1d::forward(const Tensor& x, const Context&) const {
  return conv_transpose1d(x, weight, bias, options_.conv, options_.activation, result_type(weight, options_.output));
}

}  // namespace latent::nn

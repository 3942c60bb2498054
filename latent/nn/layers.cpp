#include <latent/nn/layers.hpp>

#include <latent/autograd/normalize.hpp>
#include <latent/autograd/shaping.hpp>

#include <cmath>

namespace latent::nn {

namespace {

void check_conv(const char* name, const Conv2d::Options& o) {
  LATENT_CHECK(o.in >= 1 && o.out >= 1 && o.kernel >= 1,
               "[{}] channels and kernel of at least 1 expected, got {} -> {}, kernel {}", name, o.in, o.out, o.kernel);
}

}  // namespace

Tensor uniform_start(const Shape& shape, int64_t fan_in, Rng& rng) {
  Tensor t = Tensor::empty(shape);
  const float bound = 1.0f / std::sqrt(static_cast<float>(fan_in));
  rng.uniform(t.span<float>());
  for (float& value : t.span<float>()) value = (2.0f * value - 1.0f) * bound;
  return t;
}

DType result_type(const Tensor& weight, Output output) {
  if (weight.dtype() == DType::f64) return DType::f64;
  return output == Output::compute_type && weight.bf16_copy().defined() ? DType::bf16 : DType::f32;
}

Linear::Linear(const Options& options, Rng& rng) : options_(options) {
  LATENT_CHECK(options.in >= 1 && options.out >= 1, "[Linear] sizes of at least 1 expected, got {} -> {}", options.in,
               options.out);
  weight = add_weight("weight", uniform_start(Shape{options.out, options.in}, options.in, rng));
  bias = add_parameter("bias", uniform_start(Shape{options.out}, options.in, rng));
}

Tensor Linear::forward(const Tensor& x, const Context&) const {
  return linear(x, weight, bias, options_.activation, result_type(weight, options_.output));
}

Conv2d::Conv2d(const Options& options, Rng& rng) : options_(options) {
  check_conv("Conv2d", options);
  const int64_t fan_in = options.in * options.kernel * options.kernel;
  weight =
      add_weight("weight", uniform_start(Shape{options.out, options.in, options.kernel, options.kernel}, fan_in, rng));
  bias = add_parameter("bias", uniform_start(Shape{options.out}, fan_in, rng));
}

Tensor Conv2d::forward(const Tensor& x, const Context&) const {
  return conv2d(x, weight, bias, options_.conv, options_.activation, result_type(weight, options_.output));
}

ConvTranspose2d::ConvTranspose2d(const Options& options, Rng& rng) : options_(options) {
  check_conv("ConvTranspose2d", options);
  // PyTorch computes this layer's fan from the second dimension of its weight, which is `out`.
  const int64_t fan_in = options.out * options.kernel * options.kernel;
  weight =
      add_weight("weight", uniform_start(Shape{options.in, options.out, options.kernel, options.kernel}, fan_in, rng));
  bias = add_parameter("bias", uniform_start(Shape{options.out}, fan_in, rng));
}

Tensor ConvTranspose2d::forward(const Tensor& x, const Context&) const {
  return conv_transpose2d(x, weight, bias, options_.conv, options_.activation, result_type(weight, options_.output));
}

BatchNorm::BatchNorm(int64_t channels)
    : weight(add_parameter("weight", Tensor::full(Shape{channels}, 1.0))),
      bias(add_parameter("bias", Tensor::zeros(Shape{channels}))),
      running_mean(add_buffer("running_mean", Tensor::zeros(Shape{channels}))),
      running_var(add_buffer("running_var", Tensor::full(Shape{channels}, 1.0))) {}

Tensor BatchNorm::forward(const Tensor& x, const Context& context) const {
  // A batch of one value per channel has no variance to learn from: it is normalised like new data.
  if (context.mode == Mode::eval || x.numel() == x.dim(-1))
    return batch_norm_eval(x, weight, bias, running_mean, running_var);
  return batch_norm_train(x, weight, bias, running_mean, running_var);
}

GroupNorm::GroupNorm(int64_t groups, int64_t channels)
    : weight(add_parameter("weight", Tensor::full(Shape{channels}, 1.0))),
      bias(add_parameter("bias", Tensor::zeros(Shape{channels}))),
      groups_(groups) {
  LATENT_CHECK(groups >= 1 && channels % groups == 0, "[GroupNorm] groups must divide the {} channels, got {}",
               channels, groups);
}

Tensor GroupNorm::forward(const Tensor& x, const Context&) const { return group_norm(x, weight, bias, groups_); }

Tensor ActivationLayer::forward(const Tensor& x, const Context&) const { return activate(x, activation_); }
Tensor ToChannelsLast::forward(const Tensor& x, const Context&) const { return to_channels_last(x); }
Tensor ToChannelsFirst::forward(const Tensor& x, const Context&) const { return to_channels_first(x); }
Tensor Flatten::forward(const Tensor& x, const Context&) const { return flatten(x); }
Tensor Unflatten::forward(const Tensor& x, const Context&) const { return reshape(x, sample_shape_.prepend(x.dim(0))); }

Sequential& Sequential::push(std::unique_ptr<Layer> layer) {
  add_child(std::to_string(layers_.size()), *layer);
  layers_.push_back(std::move(layer));
  return *this;
}

Tensor Sequential::forward(const Tensor& x, const Context& context) const {
  Tensor h = x;
  for (const auto& layer : layers_) h = layer->forward(h, context);
  return h;
}

}  // namespace latent::nn

#include <latent/nn/causal_network.hpp>

#include <latent/autograd/conv.hpp>
#include <latent/autograd/linear.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/nn/layers.hpp>

namespace latent::nn {

namespace {

// Weights (out, in, k, k): 1 above the middle row and left in it, and in the middle itself where `middle(out, in)`.
template <class Middle>
Tensor causal_mask(const Shape& shape, const Middle& middle) {
  Tensor mask = Tensor::zeros(shape);
  const int64_t in = shape[1], k = shape[2], centre = k / 2 * k + k / 2;
  for (int64_t i = 0; i < shape.numel(); ++i) {
    const int64_t place = i % (k * k);
    const bool seen = place < centre || (place == centre && middle(i / (k * k * in), i / (k * k) % in));
    mask.data<float>()[i] = seen ? 1.0f : 0.0f;
  }
  return mask;
}

// weight * mask, computed with in bf16 where the weight itself would be.
Tensor masked(const Tensor& weight, const Tensor& mask) {
  Tensor product = mul(weight, mask);
  if (weight.bf16_copy().defined()) product.set_bf16_copy(product.to(DType::bf16));
  return product;
}

}  // namespace

CausalNetwork::CausalNetwork(const Options& options, Rng& rng) : options_(options) {
  const Options& o = options_;
  const bool sizes_fit =
      o.channels >= 1 && o.features >= 1 && o.outputs_per_value >= 1 && o.hidden >= 1 && o.layers >= 0;
  LATENT_CHECK(sizes_fit && o.reach >= 1 && o.reach <= kMaxReach,
               "[CausalNetwork] sizes of at least 1 and a reach of 1 to {} expected", kMaxReach);
  const int64_t k = 2 * o.reach + 1, outputs = o.channels * o.outputs_per_value, before = k * k / 2 * o.channels;
  context_weight = add_parameter("context.weight", uniform_start({o.hidden, o.channels, k, k}, before, rng));
  features_weight = add_parameter("features.weight", uniform_start({o.hidden, o.features}, o.features, rng));
  features_bias = add_parameter("features.bias", uniform_start({o.hidden}, o.features, rng));
  for (int64_t l = 0; l < o.layers; ++l) {
    const std::string name = fmt::format("layers.{}.", l);
    constexpr int64_t kSeen = 5;  // of the 3 x 3 places
    layer_weights.push_back(
        add_weight(name + "weight", uniform_start({o.hidden, o.hidden, 3, 3}, kSeen * o.hidden, rng)));
    layer_biases.push_back(add_parameter(name + "bias", uniform_start({o.hidden}, kSeen * o.hidden, rng)));
  }
  output_weight = add_parameter("output.weight", uniform_start({outputs, o.hidden}, o.hidden, rng));
  output_bias = add_parameter("output.bias", uniform_start({outputs}, o.hidden, rng));
  skip_weight = add_parameter("skip.weight", Tensor::zeros({outputs, o.channels, k, k}));

  context_mask_ = causal_mask(context_weight.shape(), [](int64_t, int64_t) { return false; });
  layer_mask_ = causal_mask({o.hidden, o.hidden, 3, 3}, [](int64_t, int64_t) { return true; });
  skip_mask_ =
      causal_mask(skip_weight.shape(), [&](int64_t out, int64_t in) { return in < out / o.outputs_per_value; });
}

Tensor CausalNetwork::forward(const Tensor& features, const Tensor& x) const {
  const Options& o = options_;
  LATENT_CHECK(x.ndim() == 4 && x.dim(1) == o.channels, "[CausalNetwork] x (N, C, H, W): expected C = {}, got {}",
               o.channels, x.shape().str());
  const Shape expected{x.dim(0), o.features, x.dim(2), x.dim(3)};
  LATENT_CHECK(features.shape() == expected, "[CausalNetwork] features: expected {}, got {}", expected.str(),
               features.shape().str());
  const int64_t places = x.dim(0) * x.dim(2) * x.dim(3);
  const Tensor pixels = to_channels_last(x);  // (N, H, W, C)
  const ConvOptions wide{.stride = 1, .padding = o.reach}, narrow{.stride = 1, .padding = 1};
  Tensor h = conv2d(pixels, mul(context_weight, context_mask_), Tensor(), wide);  // (N, H, W, hidden)
  const Tensor f = reshape(to_channels_last(features), {places, o.features});
  h = activate(add(h, reshape(linear(f, features_weight, features_bias), h.shape())), Activation::relu);
  for (size_t l = 0; l < layer_weights.size(); ++l) {
    h = add(h, conv2d(h, masked(layer_weights[l], layer_mask_), layer_biases[l], narrow, Activation::relu));
  }
  const Tensor y = linear(reshape(h, {places, o.hidden}), output_weight, output_bias);  // (places, C outputs)
  const Tensor skip = conv2d(pixels, mul(skip_weight, skip_mask_), Tensor(), wide);
  return reshape(add(y, reshape(skip, y.shape())), {places * o.channels, o.outputs_per_value});
}

}  // namespace latent::nn

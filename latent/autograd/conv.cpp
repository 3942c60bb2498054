#include <latent/autograd/conv.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/node.hpp>
#include <latent/kernels/activation.hpp>
#include <latent/kernels/conv.hpp>

namespace latent {

namespace {

// What conv2d and conv_transpose2d have in common: the types, and which of the inputs need gradients.
struct Types {
  DType compute;  // of products
  DType wide;     // of sums and weight gradients
  DType result;
};

Types check_types(const char* name, const Tensor& x, const Tensor& weight, DType result) {
  const bool bf16 = weight.bf16_copy().defined();
  LATENT_CHECK(x.dtype() == weight.dtype() || (weight.dtype() == DType::f32 && x.dtype() == DType::bf16 && bf16),
               "[{}] x is {}, weight {}", name, name_of(x.dtype()), name_of(weight.dtype()));
  LATENT_CHECK(result != DType::bf16 || bf16, "[{}] a bf16 result needs a weight with a bf16 copy", name);
  const DType wide = weight.dtype();
  return {bf16 ? DType::bf16 : wide, wide, wide == DType::f64 ? DType::f64 : result};
}

void check_shapes(const char* name, const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t in, int64_t out,
                  const ConvOptions& options) {
  LATENT_CHECK(x.ndim() == 4 && x.dim(3) == in, "[{}] x (N, H, W, in): expected in = {}, got {}", name, in,
               x.shape().str());
  LATENT_CHECK(!bias.defined() || bias.shape() == Shape{out}, "[{}] bias (out): expected ({}), got {}", name, out,
               bias.shape().str());
  LATENT_CHECK(
      options.stride >= 1 && options.padding >= 0 && options.padding < weight.dim(2) && options.padding < weight.dim(3),
      "[{}] stride >= 1 and 0 <= padding < kernel expected, got {} and {}", name, options.stride, options.padding);
}

Tensor weight_for(const Tensor& weight) { return weight.bf16_copy().defined() ? weight.bf16_copy() : weight.detach(); }

// dy times the slope of the activation, in the compute type, and its sums over all pixels.
struct PreGradient {
  Tensor dpre, dbias;
};
PreGradient pre_gradient(const Tensor& dy, const Tensor& y, Activation activation, const Types& types,
                         bool needs_bias) {
  const int64_t cols = dy.dim(-1), rows = cols == 0 ? 0 : dy.numel() / cols;
  const bool converts = dy.dtype() != types.compute || y.defined();
  const bool in_place = dy.dtype() == types.compute && dy.is_sole_owner();
  PreGradient gradient{converts && !in_place ? Tensor::empty(dy.shape(), types.compute) : dy,
                       needs_bias ? Tensor::empty(Shape{cols}, types.wide) : Tensor()};
  if (converts || needs_bias) {
    kernels::activation_backward_bias({.activation = activation,
                                       .rows = rows,
                                       .cols = cols,
                                       .dy = dy.dtype(),
                                       .y = y.defined() ? y.dtype() : dy.dtype(),
                                       .dpre = types.compute},
                                      dy.raw(), y.defined() ? y.raw() : nullptr,
                                      converts ? gradient.dpre.raw() : nullptr,
                                      needs_bias ? gradient.dbias.raw() : nullptr);
  }
  return gradient;
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
              Activation activation, DType result) {
  LATENT_CHECK(weight.ndim() == 4, "[conv2d] weight (out, in, kh, kw) expected, got {}", weight.shape().str());
  check_shapes("conv2d", x, weight, bias, weight.dim(1), weight.dim(0), options);
  const Types types = check_types("conv2d", x, weight, result);
  const bool recorded = should_record({&x, &weight, &bias});
  if (recorded && !derivative_from_result(activation)) {
    return activate(conv2d(x, weight, bias, options, Activation::none, result), activation);
  }
  const int64_t span_h = x.dim(1) + 2 * options.padding - weight.dim(2),
                span_w = x.dim(2) + 2 * options.padding - weight.dim(3);
  LATENT_CHECK(span_h >= 0 && span_w >= 0, "[conv2d] the kernel ({}, {}) is larger than the padded image {}",
               weight.dim(2), weight.dim(3), x.shape().str());
  const kernels::Conv conv{.N = x.dim(0),
                           .H = x.dim(1),
                           .W = x.dim(2),
                           .C = x.dim(3),
                           .F = weight.dim(0),
                           .kh = weight.dim(2),
                           .kw = weight.dim(3),
                           .OH = span_h / options.stride + 1,
                           .OW = span_w / options.stride + 1,
                           .stride = options.stride,
                           .padding = options.padding,
                           .compute = types.compute};
  const Tensor xc = detail::in_type(x.detach(), types.compute);
  const Tensor wc = weight_for(weight);
  Tensor y = Tensor::empty(Shape{conv.N, conv.OH, conv.OW, conv.F}, types.result);
  kernels::conv_forward(conv, xc.raw(), wc.raw(), bias.defined() ? bias.raw() : nullptr, activation, y.raw(),
                        types.result);
  if (!recorded) return y;

  const bool needs_x = x.requires_grad(), needs_weight = weight.requires_grad(),
             needs_bias = bias.defined() && bias.requires_grad();
  record("conv2d", {&y}, {&x, &weight, &bias},
         [=, weight_shape = weight.shape(),
          y = activation == Activation::none ? Tensor() : y.detach()](std::span<const Tensor> grads) {
           const auto [dpre, dbias] = pre_gradient(grads[0], y, activation, types, needs_bias);
           Tensor dx, dweight;
           if (needs_x) {
             dx = Tensor::empty(xc.shape(), types.compute);
             kernels::conv_backward_data(conv, dpre.raw(), wc.raw(), dx.raw(), types.compute);
           }
           if (needs_weight) {
             dweight = Tensor::empty(weight_shape, types.wide);
             kernels::conv_backward_weight(conv, xc.raw(), dpre.raw(), dweight.raw());
           }
           return Gradients{dx, dweight, dbias};
         });
  return y;
}

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
                        Activation activation, DType result) {
  LATENT_CHECK(weight.ndim() == 4, "[conv_transpose2d] weight (in, out, kh, kw) expected, got {}",
               weight.shape().str());
  check_shapes("conv_transpose2d", x, weight, bias, weight.dim(0), weight.dim(1), options);
  LATENT_CHECK(options.output_padding >= 0 && options.output_padding < options.stride,
               "[conv_transpose2d] 0 <= output_padding < stride expected, got {}", options.output_padding);
  const Types types = check_types("conv_transpose2d", x, weight, result);
  const bool recorded = should_record({&x, &weight, &bias});
  if (recorded && !derivative_from_result(activation)) {
    return activate(conv_transpose2d(x, weight, bias, options, Activation::none, result), activation);
  }
  const auto grown = [&](int64_t size, int64_t kernel) {
    return (size - 1) * options.stride - 2 * options.padding + kernel + options.output_padding;
  };
  const int64_t H = grown(x.dim(1), weight.dim(2)), W = grown(x.dim(2), weight.dim(3));
  LATENT_CHECK(H >= 1 && W >= 1, "[conv_transpose2d] the result would be {} x {} pixels", H, W);
  // The convolution whose transpose this is: its input is our result, its output our x.
  const kernels::Conv conv{.N = x.dim(0),
                           .H = H,
                           .W = W,
                           .C = weight.dim(1),
                           .F = weight.dim(0),
                           .kh = weight.dim(2),
                           .kw = weight.dim(3),
                           .OH = x.dim(1),
                           .OW = x.dim(2),
                           .stride = options.stride,
                           .padding = options.padding,
                           .compute = types.compute};
  const Tensor xc = detail::in_type(x.detach(), types.compute);
  const Tensor wc = weight_for(weight);
  Tensor y = Tensor::empty(Shape{conv.N, H, W, conv.C}, types.result);
  kernels::conv_transpose_forward(conv, xc.raw(), wc.raw(), bias.defined() ? bias.raw() : nullptr, activation, y.raw(),
                                  types.result);
  if (!recorded) return y;

  const bool needs_x = x.requires_grad(), needs_weight = weight.requires_grad(),
             needs_bias = bias.defined() && bias.requires_grad();
  record("conv_transpose2d", {&y}, {&x, &weight, &bias},
         [=, weight_shape = weight.shape(),
          y = activation == Activation::none ? Tensor() : y.detach()](std::span<const Tensor> grads) {
           const auto [dpre, dbias] = pre_gradient(grads[0], y, activation, types, needs_bias);
           Tensor dx, dweight;
           if (needs_x) {
             dx = Tensor::empty(xc.shape(), types.compute);
             kernels::conv_forward(conv, dpre.raw(), wc.raw(), nullptr, Activation::none, dx.raw(), types.compute);
           }
           if (needs_weight) {
             dweight = Tensor::empty(weight_shape, types.wide);
             kernels::conv_backward_weight(conv, dpre.raw(), xc.raw(), dweight.raw());
           }
           return Gradients{dx, dweight, dbias};
         });
  return y;
}

}  // namespace latent

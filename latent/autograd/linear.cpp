#include <latent/autograd/linear.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/node.hpp>
#include <latent/kernels/activation.hpp>
#include <latent/kernels/gemm.hpp>

namespace latent {

namespace {

void check_linear(const Tensor& x, const Tensor& weight, const Tensor& bias, DType result) {
  LATENT_CHECK(weight.ndim() == 2, "[linear] weight (out, in) expected, got {}", weight.shape().str());
  LATENT_CHECK(x.ndim() == 2 && x.dim(1) == weight.dim(1), "[linear] x (N, in): expected in = {}, got {}",
               weight.dim(1), x.shape().str());
  LATENT_CHECK(!bias.defined() || bias.shape() == Shape{weight.dim(0)}, "[linear] bias (out): expected ({}), got {}",
               weight.dim(0), bias.shape().str());
  const bool bf16 = weight.bf16_copy().defined();
  LATENT_CHECK(x.dtype() == weight.dtype() || (weight.dtype() == DType::f32 && x.dtype() == DType::bf16 && bf16),
               "[linear] x is {}, weight {}", name_of(x.dtype()), name_of(weight.dtype()));
  LATENT_CHECK(result == DType::f32 || result == weight.dtype() || (result == DType::bf16 && bf16),
               "[linear] a bf16 result needs a weight with a bf16 copy");
}

// What the way back of linear() needs.
struct Backward {
  Activation activation;
  DType compute;
  Tensor x, weight;  // in the compute type
  Tensor y;          // undefined where there is no activation
  bool needs_x, needs_weight, needs_bias;

  Gradients gradients(const Tensor& dy) const {
    const int64_t N = x.dim(0), in = weight.dim(1), features = weight.dim(0);
    const DType wide = compute == DType::f64 ? DType::f64 : DType::f32;
    // dpre = dy * activation'(y) in the compute type, and its column sums, in one pass; no pass if nothing changes.
    const bool converts = dy.dtype() != compute || y.defined();
    const bool in_place = dy.dtype() == compute && dy.is_sole_owner();
    Tensor dpre = converts && !in_place ? Tensor::empty(dy.shape(), compute) : dy;
    Tensor dbias = needs_bias ? Tensor::empty(Shape{features}, wide) : Tensor();
    if (converts || needs_bias) {
      kernels::activation_backward_bias({.activation = activation,
                                         .rows = N,
                                         .cols = features,
                                         .dy = dy.dtype(),
                                         .y = y.defined() ? y.dtype() : dy.dtype(),
                                         .dpre = compute},
                                        dy.raw(), y.defined() ? y.raw() : nullptr, converts ? dpre.raw() : nullptr,
                                        needs_bias ? dbias.raw() : nullptr);
    }
    Tensor dx, dweight;
    if (needs_x) {
      dx = Tensor::empty(Shape{N, in}, compute);
      kernels::gemm({.M = N, .N = in, .K = features, .a = compute, .b = compute, .c = compute}, dpre.raw(),
                    weight.raw(), nullptr, dx.raw());
    }
    if (needs_weight) {
      dweight = N == 0 ? Tensor::zeros(Shape{features, in}, wide) : Tensor::empty(Shape{features, in}, wide);
      if (N > 0) {
        kernels::gemm({.M = features, .N = in, .K = N, .transpose_a = true, .a = compute, .b = compute, .c = wide},
                      dpre.raw(), x.raw(), nullptr, dweight.raw());
      }
    }
    return {dx, dweight, dbias};
  }
};

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation, DType result) {
  check_linear(x, weight, bias, result);
  const DType compute = weight.bf16_copy().defined() ? DType::bf16 : weight.dtype();
  const DType out = weight.dtype() == DType::f64 ? DType::f64 : result;
  const bool recorded = should_record({&x, &weight, &bias});
  if (recorded && !derivative_from_result(activation)) {
    // The way back needs the input of the activation: two operations instead of a fused one.
    return activate(linear(x, weight, bias, Activation::none, result), activation);
  }
  const int64_t N = x.dim(0), in = weight.dim(1), features = weight.dim(0);
  const Tensor xc = detail::in_type(x.detach(), compute);
  const Tensor wc = compute == DType::bf16 ? weight.bf16_copy() : weight.detach();
  Tensor y = Tensor::empty(Shape{N, features}, out);
  kernels::gemm({.M = N,
                 .N = features,
                 .K = in,
                 .transpose_b = true,
                 .a = compute,
                 .b = compute,
                 .c = out,
                 .activation = activation},
                xc.raw(), wc.raw(), bias.defined() ? bias.raw() : nullptr, y.raw());
  if (!recorded) return y;

  Backward backward{.activation = activation,
                    .compute = compute,
                    .x = xc,
                    .weight = wc,
                    .y = activation == Activation::none ? Tensor() : y.detach(),
                    .needs_x = x.requires_grad(),
                    .needs_weight = weight.requires_grad(),
                    .needs_bias = bias.defined() && bias.requires_grad()};
  record("linear", {&y}, {&x, &weight, &bias},
         [backward = std::move(backward)](std::span<const Tensor> grads) { return backward.gradients(grads[0]); });
  return y;
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  LATENT_CHECK(
      a.ndim() == 2 && b.ndim() == 2 && a.dim(1) == b.dim(0) && a.dtype() == b.dtype() && a.dtype() != DType::bf16,
      "[matmul] (M, K) x (K, N) of one type expected, got {} {} and {} {}", a.shape().str(), name_of(a.dtype()),
      b.shape().str(), name_of(b.dtype()));
  const int64_t M = a.dim(0), K = a.dim(1), N = b.dim(1);
  LATENT_CHECK(K > 0, "[matmul] K >= 1 expected");
  const DType type = a.dtype();
  Tensor y = Tensor::empty(Shape{M, N}, type);
  kernels::gemm({.M = M, .N = N, .K = K, .a = type, .b = type, .c = type}, a.raw(), b.raw(), nullptr, y.raw());
  if (should_record({&a, &b})) {
    record("matmul", {&y}, {&a, &b}, [=, a = a.detach(), b = b.detach()](std::span<const Tensor> grads) {
      const Tensor dy = detail::in_type(grads[0], type);
      Tensor da = Tensor::zeros(a.shape(), type), db = Tensor::zeros(b.shape(), type);
      if (M > 0 && N > 0) {
        kernels::gemm({.M = M, .N = K, .K = N, .transpose_b = true, .a = type, .b = type, .c = type}, dy.raw(), b.raw(),
                      nullptr, da.raw());
        kernels::gemm({.M = K, .N = N, .K = M, .transpose_a = true, .a = type, .b = type, .c = type}, a.raw(), dy.raw(),
                      nullptr, db.raw());
      }
      return Gradients{da, db};
    });
  }
  return y;
}

}  // namespace latent

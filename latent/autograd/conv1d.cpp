#include <latent/autograd/conv1d.hpp>

#include <latent/autograd/conv.hpp>
#include <latent/autograd/shaping.hpp>

namespace latent {

namespace {

void check(const char* name, const Tensor& x, const Tensor& weight, const Conv1dOptions& options) {
  LATENT_CHECK(x.ndim() == 3, "[{}] x (N, L, C) expected, got {}", name, x.shape().str());
  LATENT_CHECK(weight.ndim() == 4 && weight.dim(2) == 1, "[{}] a weight (.., .., 1, k) expected, got {}", name,
               weight.shape().str());
  LATENT_CHECK(options.stride >= 1 && options.before >= 0 && options.after >= 0,
               "[{}] stride >= 1 and before, after >= 0 expected, got {}, {} and {}", name, options.stride,
               options.before, options.after);
}

Tensor as_row(const Tensor& x) { return reshape(x, Shape{x.dim(0), 1, x.dim(1), x.dim(2)}); }
Tensor from_row(const Tensor& x) { return reshape(x, Shape{x.dim(0), x.dim(2), x.dim(3)}); }

}  // namespace

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options,
              Activation activation, DType result) {
  check("conv1d", x, weight, options);
  const int64_t N = x.dim(0), L = x.dim(1) + options.before + options.after, C = x.dim(2);
  LATENT_CHECK(L >= weight.dim(3), "[conv1d] the kernel {} is longer than the padded sequence {}", weight.dim(3), L);
  const Tensor padded = options.before == 0 && options.after == 0
                            ? x
                            : reshape(pad_columns(flatten(x), options.before * C, options.after * C), Shape{N, L, C});
  return from_row(conv2d(as_row(padded), weight, bias, {.stride = options.stride}, activation, result));
}

Tensor conv_transpose1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options,
                        Activation activation, DType result) {
  check("conv_transpose1d", x, weight, options);
  const int64_t full = (x.dim(1) - 1) * options.stride + weight.dim(3), L = full - options.before - options.after;
  LATENT_CHECK(L >= 1, "[conv_transpose1d] {} places would be left", L);
  const Tensor y = from_row(conv_transpose2d(as_row(x), weight, bias, {.stride = options.stride}, activation, result));
  if (L == full) return y;
  const int64_t C = y.dim(2);
  return reshape(columns(flatten(y), options.before * C, (options.before + L) * C), Shape{y.dim(0), L, C});
}

}  // namespace latent

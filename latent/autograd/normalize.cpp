#include <latent/autograd/normalize.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/node.hpp>
#include <latent/kernels/normalize.hpp>

#include <cmath>

namespace latent {

namespace {

using detail::with_float_type;
using kernels::Normalize;

// bf16 data is normalised in f32 and handed on as bf16.
DType wide_type(DType type) { return type == DType::bf16 ? DType::f32 : type; }

void check(const char* name, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  LATENT_CHECK(x.ndim() >= 2, "[{}] x (N, ..., C) expected, got {}", name, x.shape().str());
  LATENT_CHECK(weight.shape() == Shape{x.dim(-1)} && bias.shape() == weight.shape(),
               "[{}] weight and bias ({}) expected, got {} and {}", name, x.dim(-1), weight.shape().str(),
               bias.shape().str());
  LATENT_CHECK(x.numel() > 0, "[{}] x has no elements", name);
}

enum class Statistics : uint8_t { of_x, fixed };

Tensor normalize(const char* name, const Normalize& shape, const Tensor& x, const Tensor& weight, const Tensor& bias,
                 const Tensor& mean, const Tensor& inverse_std, Statistics statistics) {
  const DType wide = wide_type(x.dtype());
  const Tensor xw = detail::in_type(x.detach(), wide);
  Tensor y = Tensor::empty(x.shape(), wide);
  with_float_type(name, wide, [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::normalize_forward(shape, xw.data<T>(), mean.data<T>(), inverse_std.data<T>(), weight.data<T>(),
                               bias.data<T>(), y.data<T>());
  });
  y = detail::in_type(y, x.dtype());
  if (should_record({&x, &weight, &bias})) {
    record(name, {&y}, {&x, &weight, &bias}, [=, weight = weight.detach()](std::span<const Tensor> grads) {
      const Tensor dy = detail::in_type(grads[0], wide);
      Tensor dx = Tensor::empty(xw.shape(), wide);
      Tensor dweight = Tensor::empty(weight.shape(), wide), dbias = Tensor::empty(weight.shape(), wide);
      with_float_type(name, wide, [&](auto* t) {
        using T = std::remove_pointer_t<decltype(t)>;
        kernels::normalize_backward(shape, xw.data<T>(), mean.data<T>(), inverse_std.data<T>(), weight.data<T>(),
                                    dy.data<T>(), statistics == Statistics::of_x, dx.data<T>(), dweight.data<T>(),
                                    dbias.data<T>());
      });
      return Gradients{dx, dweight, dbias};
    });
  }
  return y;
}

struct MeanAndScale {
  Tensor mean, inverse_std;
};
MeanAndScale statistics_of(const char* name, const Normalize& shape, const Tensor& x) {
  const DType wide = wide_type(x.dtype());
  const Tensor xw = detail::in_type(x.detach(), wide);
  const Shape size{shape.samples, shape.groups};
  MeanAndScale result{Tensor::empty(size, wide), Tensor::empty(size, wide)};
  with_float_type(name, wide, [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::normalize_statistics(shape, xw.data<T>(), result.mean.data<T>(), result.inverse_std.data<T>());
  });
  return result;
}

}  // namespace

Tensor batch_norm_train(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor running_mean,
                        Tensor running_var, double momentum, double eps) {
  check("batch_norm", x, weight, bias);
  const int64_t C = x.dim(-1), rows = x.numel() / C;
  LATENT_CHECK(rows > 1, "[batch_norm] training needs more than one value per channel, got {}", x.shape().str());
  const Normalize shape{.samples = 1, .rows = rows, .C = C, .groups = C, .eps = eps};
  const MeanAndScale statistics = statistics_of("batch_norm", shape, x);
  const Tensor &mean = statistics.mean, &inverse_std = statistics.inverse_std;
  const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
  // Captured by name: Clang 14 cannot capture structured bindings.
  with_float_type("batch_norm", mean.dtype(), [&, &mean = mean, &inverse_std = inverse_std](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    for (int64_t c = 0; c < C; ++c) {
      const double inverse = inverse_std.data<T>()[c];
      const double variance = (1.0 / (inverse * inverse) - eps) * unbiased;
      T& running_m = running_mean.data<T>()[c];
      T& running_v = running_var.data<T>()[c];
      running_m = static_cast<T>((1.0 - momentum) * running_m + momentum * mean.data<T>()[c]);
      running_v = static_cast<T>((1.0 - momentum) * running_v + momentum * variance);
    }
  });
  return normalize("batch_norm", shape, x, weight, bias, mean, inverse_std, Statistics::of_x);
}

Tensor batch_norm_eval(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                       const Tensor& running_var, double eps) {
  check("batch_norm", x, weight, bias);
  const int64_t C = x.dim(-1);
  const Normalize shape{.samples = 1, .rows = x.numel() / C, .C = C, .groups = C, .eps = eps};
  Tensor inverse_std = Tensor::empty(running_var.shape(), running_var.dtype());
  with_float_type("batch_norm", running_var.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    for (int64_t c = 0; c < C; ++c) {
      inverse_std.data<T>()[c] = static_cast<T>(1.0 / std::sqrt(static_cast<double>(running_var.data<T>()[c]) + eps));
    }
  });
  return normalize("batch_norm", shape, x, weight, bias, running_mean, inverse_std, Statistics::fixed);
}

Tensor group_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t groups, double eps) {
  check("group_norm", x, weight, bias);
  const int64_t C = x.dim(-1);
  LATENT_CHECK(groups >= 1 && C % groups == 0, "[group_norm] groups must divide C = {}, got {}", C, groups);
  const Normalize shape{.samples = x.dim(0), .rows = x.numel() / C, .C = C, .groups = groups, .eps = eps};
  const auto [mean, inverse_std] = statistics_of("group_norm", shape, x);
  return normalize("group_norm", shape, x, weight, bias, mean, inverse_std, Statistics::of_x);
}

}  // namespace latent

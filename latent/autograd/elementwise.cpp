#include <latent/autograd/elementwise.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/node.hpp>
#include <latent/kernels/activation.hpp>
#include <latent/kernels/elementwise.hpp>

#include <limits>

namespace latent {

namespace {

using detail::with_float_type;
using kernels::Binary;
using kernels::Unary;

Tensor unary(const char* name, Unary op, const Tensor& x, kernels::UnaryParameters p = {}) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  with_float_type(name, x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::unary(op, p, x.data<T>(), y.data<T>(), x.numel());
  });
  if (should_record({&x})) {
    record(name, {&y}, {&x}, [name, op, p, x = x.detach(), y = y.detach()](std::span<const Tensor> grads) {
      const Tensor dy = detail::in_type(grads[0], x.dtype());
      Tensor dx = Tensor::empty(x.shape(), x.dtype());
      with_float_type(name, x.dtype(), [&](auto* t) {
        using T = std::remove_pointer_t<decltype(t)>;
        kernels::unary_backward(op, p, x.data<T>(), y.data<T>(), dy.data<T>(), dx.data<T>(), x.numel());
      });
      return Gradients{dx};
    });
  }
  return y;
}

// How `b` is broadcast against `a`; see the header.
kernels::Broadcast broadcast(const char* name, const Tensor& a, const Tensor& b) {
  const auto as = a.shape().sizes(), bs = b.shape().sizes();
  if (b.numel() == 1 && bs.size() <= as.size()) return {a.numel(), 1, 1};
  if (bs.size() <= as.size() && std::equal(bs.rbegin(), bs.rend(), as.rbegin())) {
    return {a.numel(), 1, std::max<int64_t>(1, b.numel())};
  }
  const bool per_row = as.size() == bs.size() && !as.empty() && as[0] == bs[0] && b.numel() == as[0];
  LATENT_CHECK(per_row, "[{}] {} does not broadcast against {}", name, b.shape().str(), a.shape().str());
  return {a.numel(), a.numel() / std::max<int64_t>(1, as[0]), std::max<int64_t>(1, as[0])};
}

Tensor binary(const char* name, Binary op, const Tensor& a, const Tensor& b) {
  LATENT_CHECK(a.dtype() == b.dtype(), "[{}] one type expected, got {} and {}", name, name_of(a.dtype()),
               name_of(b.dtype()));
  const kernels::Broadcast shape = broadcast(name, a, b);
  Tensor y = Tensor::empty(a.shape(), a.dtype());
  with_float_type(name, a.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::binary(op, shape, a.data<T>(), b.data<T>(), y.data<T>());
  });
  if (should_record({&a, &b})) {
    const bool needs_a = a.requires_grad(), needs_b = b.requires_grad();
    record(name, {&y}, {&a, &b},
           [name, op, shape, needs_a, needs_b, a = a.detach(), b = b.detach()](std::span<const Tensor> grads) {
             const Tensor dy = detail::in_type(grads[0], a.dtype());
             Tensor da = needs_a ? Tensor::empty(a.shape(), a.dtype()) : Tensor();
             Tensor db = needs_b ? Tensor::empty(b.shape(), b.dtype()) : Tensor();
             with_float_type(name, a.dtype(), [&](auto* t) {
               using T = std::remove_pointer_t<decltype(t)>;
               kernels::binary_backward(op, shape, a.data<T>(), b.data<T>(), dy.data<T>(),
                                        needs_a ? da.data<T>() : nullptr, needs_b ? db.data<T>() : nullptr);
             });
             return Gradients{da, db};
           });
  }
  return y;
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) { return binary("add", Binary::add, a, b); }
Tensor sub(const Tensor& a, const Tensor& b) { return binary("sub", Binary::sub, a, b); }
Tensor mul(const Tensor& a, const Tensor& b) { return binary("mul", Binary::mul, a, b); }
Tensor div(const Tensor& a, const Tensor& b) { return binary("div", Binary::div, a, b); }

Tensor affine(const Tensor& x, double factor, double offset) {
  return unary("affine", Unary::affine, x, {factor, offset});
}
Tensor neg(const Tensor& x) { return affine(x, -1.0); }
Tensor exp(const Tensor& x) { return unary("exp", Unary::exp, x); }
Tensor log(const Tensor& x) { return unary("log", Unary::log, x); }
Tensor square(const Tensor& x) { return unary("square", Unary::square, x); }
Tensor sqrt(const Tensor& x) { return unary("sqrt", Unary::sqrt, x); }
Tensor abs(const Tensor& x) { return unary("abs", Unary::abs, x); }
Tensor sigmoid(const Tensor& x) { return unary("sigmoid", Unary::sigmoid, x); }
Tensor softplus(const Tensor& x) { return unary("softplus", Unary::softplus, x); }
Tensor clamp(const Tensor& x, double low, double high) {
  LATENT_CHECK(low <= high, "[clamp] low <= high expected, got [{}, {}]", low, high);
  return unary("clamp", Unary::clamp, x, {low, high});
}
Tensor clamp_min(const Tensor& x, double low) { return clamp(x, low, std::numeric_limits<double>::infinity()); }

Tensor activate(const Tensor& x, Activation activation) {
  if (activation == Activation::none) return x;
  LATENT_CHECK(is_floating(x.dtype()), "[activate] a floating type expected, got {}", name_of(x.dtype()));
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  kernels::activation_forward(activation, x.raw(), y.raw(), x.numel(), x.dtype());
  if (should_record({&x})) {
    record("activate", {&y}, {&x}, [activation, x = x.detach()](std::span<const Tensor> grads) {
      const Tensor dy = detail::in_type(grads[0], x.dtype());
      Tensor dx = Tensor::empty(x.shape(), x.dtype());
      kernels::activation_backward_from_input(activation, x.raw(), dy.raw(), dx.raw(), x.numel(), x.dtype());
      return Gradients{dx};
    });
  }
  return y;
}

Tensor cast(const Tensor& x, DType dtype) {
  LATENT_CHECK(is_floating(x.dtype()) && is_floating(dtype), "[cast] floating types expected, got {} and {}",
               name_of(x.dtype()), name_of(dtype));
  if (x.dtype() == dtype) return x;
  Tensor y = detail::in_type(x.detach(), dtype);
  if (should_record({&x})) {
    record("cast", {&y}, {&x},
           [from = x.dtype()](std::span<const Tensor> grads) { return Gradients{detail::in_type(grads[0], from)}; });
  }
  return y;
}

}  // namespace latent

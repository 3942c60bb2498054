#include <latent/autograd/likelihood.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/node.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/kernels/likelihood.hpp>
#include <latent/kernels/reduce.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace latent {

namespace {

using detail::all_equal;
using detail::with_float_type;
using kernels::Nll;
using kernels::NllPass;

Tensor nll(const char* name, Nll kind, const Tensor& params, const Tensor& x, double scale, double expected_grad) {
  LATENT_CHECK(params.shape() == x.shape() && params.dtype() == x.dtype() && params.ndim() >= 1,
               "[{}] parameters and x of one shape and type expected, got {} {} and {} {}", name, params.shape().str(),
               name_of(params.dtype()), x.shape().str(), name_of(x.dtype()));
  LATENT_CHECK(scale > 0.0 && std::isfinite(scale), "[{}] scale > 0 expected, got {}", name, scale);
  const NllPass pass{kind, params.dim(0), params.shape().tail().numel(), scale, expected_grad};
  const bool recorded = should_record({&params});
  Tensor y = Tensor::empty(Shape{pass.rows}, params.dtype());
  Tensor guess = recorded && expected_grad != 0.0 ? Tensor::empty(params.shape(), params.dtype()) : Tensor();
  with_float_type(name, params.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::nll_pass(pass, params.data<T>(), x.data<T>(), static_cast<const T*>(nullptr), y.data<T>(),
                      guess.defined() ? guess.data<T>() : nullptr);
  });
  if (!recorded) return y;
  record(name, {&y}, {&params}, [=, params = params.detach(), x = x.detach()](std::span<const Tensor> grads) {
    const Tensor dy = detail::in_type(grads[0], params.dtype());
    return with_float_type(name, params.dtype(), [&](auto* t) {
      using T = std::remove_pointer_t<decltype(t)>;
      if (guess.defined() && all_equal<T>(dy, expected_grad)) return Gradients{guess};
      Tensor dparams = Tensor::empty(params.shape(), params.dtype());
      kernels::nll_pass(pass, params.data<T>(), x.data<T>(), dy.data<T>(), static_cast<T*>(nullptr), dparams.data<T>());
      return Gradients{dparams};
    });
  });
  return y;
}

}  // namespace

Tensor bernoulli_nll(const Tensor& logits, const Tensor& x, double expected_grad) {
  return nll("bernoulli_nll", Nll::bernoulli, logits, x, 1.0, expected_grad);
}

Tensor gaussian_nll(const Tensor& mu, const Tensor& x, double scale, double expected_grad) {
  return nll("gaussian_nll", Nll::gaussian, mu, x, scale, expected_grad);
}

Tensor gaussian_nll(const Tensor& mu, const Tensor& logvar, const Tensor& x) {
  LATENT_CHECK(mu.shape() == x.shape(), "[gaussian_nll] mu and x of one shape expected, got {} and {}",
               mu.shape().str(), x.shape().str());
  // 0.5 * (log 2 pi + logvar + (x - mu)^2 exp(-logvar))
  const Tensor squared = square(sub(x, mu));
  const Tensor scaled = add(mul(squared, exp(neg(logvar))), logvar);
  return sum_per_sample(affine(scaled, 0.5, 0.5 * std::log(2.0 * std::numbers::pi)));
}

Tensor laplace_nll(const Tensor& mu, const Tensor& x, double scale, double expected_grad) {
  return nll("laplace_nll", Nll::laplace, mu, x, scale, expected_grad);
}

Tensor cross_entropy(const Tensor& logits, std::span<const int64_t> labels) {
  LATENT_CHECK(logits.ndim() == 2 && logits.dim(0) == static_cast<int64_t>(labels.size()),
               "[cross_entropy] logits (N, C) and N labels expected, got {} and {}", logits.shape().str(),
               labels.size());
  for (const int64_t label : labels) {
    LATENT_CHECK(label >= 0 && label < logits.dim(1), "[cross_entropy] label {} of {} classes", label, logits.dim(1));
  }
  Tensor one_hot = Tensor::zeros(logits.shape(), logits.dtype());
  with_float_type("cross_entropy", logits.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    for (size_t n = 0; n < labels.size(); ++n)
      one_hot.data<T>()[static_cast<int64_t>(n) * logits.dim(1) + labels[n]] = T(-1);
  });
  return sum_last(mul(log_softmax(logits), one_hot));
}

}  // namespace latent

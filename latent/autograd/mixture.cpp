#include <latent/autograd/mixture.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/node.hpp>
#include <latent/kernels/mixture.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent {

namespace {

using detail::all_equal;
using detail::with_float_type;

kernels::MixturePass pass_of(const Tensor& params, const Tensor& x, double expected_grad) {
  LATENT_CHECK(x.ndim() >= 1 && params.ndim() == 2 && params.dim(0) == x.numel() && params.dtype() == x.dtype(),
               "[logistic_mixture_nll] params (values, 3 K) for x, of one type: got {} {} and {} {}",
               params.shape().str(), name_of(params.dtype()), x.shape().str(), name_of(x.dtype()));
  const int64_t width = params.dim(1);
  LATENT_CHECK(width >= 3 && width % 3 == 0 && width <= 3 * kernels::kMaxComponents,
               "[logistic_mixture_nll] params (values, 3 K) with K from 1 to {}: got {}", kernels::kMaxComponents,
               params.shape().str());
  return {x.dim(0), x.shape().tail().numel(), width / 3, expected_grad};
}

}  // namespace

Tensor logistic_mixture_nll(const Tensor& params, const Tensor& x, double expected_grad) {
  const kernels::MixturePass pass = pass_of(params, x, expected_grad);
  const bool recorded = should_record({&params});
  Tensor y = Tensor::empty(Shape{pass.samples}, params.dtype());
  Tensor guess = recorded && expected_grad != 0.0 ? Tensor::empty(params.shape(), params.dtype()) : Tensor();
  with_float_type("logistic_mixture_nll", params.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::mixture_nll(pass, params.data<T>(), x.data<T>(), static_cast<const T*>(nullptr), y.data<T>(),
                         guess.defined() ? guess.data<T>() : nullptr);
  });
  if (!recorded) return y;
  record("logistic_mixture_nll", {&y}, {&params},
         [=, params = params.detach(), x = x.detach()](std::span<const Tensor> grads) {
           const Tensor dy = detail::in_type(grads[0], params.dtype());
           return with_float_type("logistic_mixture_nll", params.dtype(), [&](auto* t) {
             using T = std::remove_pointer_t<decltype(t)>;
             if (guess.defined() && all_equal<T>(dy, expected_grad)) return Gradients{guess};
             Tensor dparams = Tensor::empty(params.shape(), params.dtype());
             kernels::mixture_nll(pass, params.data<T>(), x.data<T>(), dy.data<T>(), static_cast<T*>(nullptr),
                                  dparams.data<T>());
             return Gradients{dparams};
           });
         });
  return y;
}

namespace {

// The parameters of one mixture, ready to use.
struct Components {
  explicit Components(const MixtureView& m) : count(static_cast<size_t>(m.components)) {
    const int64_t K = m.components;
    const auto param = [&](int64_t j) { return static_cast<double>(m.params[j * m.stride]); };
    double highest = param(0), sum = 0.0;
    for (int64_t k = 1; k < K; ++k) highest = std::max(highest, param(k));
    for (size_t i = 0; i < count; ++i) {
      const auto k = static_cast<int64_t>(i);
      weight[i] = std::exp(param(k) - highest);
      sum += weight[i];
      mean[i] = param(K + k) + static_cast<double>(kernels::mixture_anchor(k, K));
      const double raw = param(2 * K + k) + static_cast<double>(kernels::kLogScaleOffset);
      scale[i] = std::exp(std::clamp<double>(raw, kernels::kLogScaleLow, kernels::kLogScaleHigh));
    }
    for (size_t i = 0; i < count; ++i) weight[i] /= sum;
  }
  // P(level < v) for v in 1 ... 255
  double below(int v) const {
    double total = 0.0;
    for (size_t i = 0; i < count; ++i) {
      total += weight[i] / (1.0 + std::exp((mean[i] - (v - 0.5) / kernels::kLevels) / scale[i]));
    }
    return total;
  }

  size_t count;
  std::array<double, kernels::kMaxComponents> weight{}, mean{}, scale{};
};

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace

double mixture_mean(const MixtureView& mixture) {
  const Components c(mixture);
  double mean = 0.0;
  for (size_t i = 0; i < c.count; ++i) {
    // The integral of 1 - F over [0, 1].
    mean += c.weight[i] * c.scale[i] * (softplus(c.mean[i] / c.scale[i]) - softplus((c.mean[i] - 1.0) / c.scale[i]));
  }
  return std::clamp(mean, 0.0, 1.0);
}

double mixture_stddev(const MixtureView& mixture) {
  const Components c(mixture);
  double first = 0.0, second = 0.0;
  for (int v = 1; v <= 255; ++v) {
    const double above = 1.0 - c.below(v);  // P(level >= v)
    first += above;
    second += above * (2 * v - 1);
  }
  return std::sqrt(std::max(0.0, second - first * first)) / kernels::kLevels;
}

double mixture_quantile(const MixtureView& mixture, double u) {
  const Components c(mixture);
  int level = 0;
  for (int width = 128; width > 0; width /= 2) {
    if (c.below(level + width) <= u) level += width;
  }
  return level / static_cast<double>(kernels::kLevels);
}

}  // namespace latent

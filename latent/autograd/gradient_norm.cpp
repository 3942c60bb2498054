#include <latent/autograd/gradient_norm.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/estimators.hpp>
#include <latent/autograd/gradients_to.hpp>
#include <latent/autograd/reduce.hpp>

#include <cmath>
#include <limits>
#include <optional>

namespace latent {

namespace {

// What the differences are made of, for each sample.
struct TwoSides {
  Tensor above, below;   // (N, ...): x +- h g / ||g||
  Tensor squared_norms;  // (N): ||g||^2
  Tensor slope_factor;   // (N): 2 ||g|| / (2 h)
};

template <class T>
TwoSides sides_of(const Tensor& x, const Tensor& g, double step) {
  const int64_t N = x.dim(0), D = x.numel() / std::max<int64_t>(1, N);
  TwoSides s{x.clone(), x.clone(), Tensor::empty({N}, x.dtype()), Tensor::empty({N}, x.dtype())};
  for (int64_t n = 0; n < N; ++n) {
    const T *xn = x.data<T>() + n * D, *gn = g.data<T>() + n * D;
    double x_squares = 0.0, g_squares = 0.0;
    for (int64_t d = 0; d < D; ++d) {
      x_squares += static_cast<double>(xn[d]) * static_cast<double>(xn[d]);
      g_squares += static_cast<double>(gn[d]) * static_cast<double>(gn[d]);
    }
    const double h = step * std::max(1.0, std::sqrt(x_squares)), norm = std::sqrt(g_squares);
    s.squared_norms.data<T>()[n] = static_cast<T>(g_squares);
    s.slope_factor.data<T>()[n] = static_cast<T>(norm / h);
    if (!(norm > 0.0)) continue;  // the least there is: nothing pulls
    T *above = s.above.data<T>() + n * D, *below = s.below.data<T>() + n * D;
    for (int64_t d = 0; d < D; ++d) {
      const T move = static_cast<T>(h / norm * static_cast<double>(gn[d]));
      above[d] += move;
      below[d] -= move;
    }
  }
  return s;
}

}  // namespace

Tensor squared_gradient_norm(const std::function<Tensor(const Tensor&)>& critic, const Tensor& x,
                             const GradientNormOptions& options) {
  LATENT_CHECK(x.ndim() >= 1, "[squared_gradient_norm] x (N, ...) expected, got {}", x.shape().str());
  LATENT_CHECK(options.step >= 0.0 && std::isfinite(options.step), "[squared_gradient_norm] step: 0 or above, got {}",
               options.step);
  Tensor leaf = x.detach().clone();
  leaf.set_requires_grad();
  // The gradient to x alone: those to the weights would be thrown away.
  auto only = std::make_optional<GradientsTo>(std::vector<Tensor>{leaf});
  const Tensor y = critic(leaf);
  LATENT_CHECK(y.shape() == Shape({x.dim(0)}) && y.dtype() == x.dtype(),
               "[squared_gradient_norm] the critic: expected ({}) {}, got {} {}", x.dim(0), name_of(x.dtype()),
               y.shape().str(), name_of(y.dtype()));
  LATENT_CHECK(y.requires_grad(),
               "[squared_gradient_norm] needs gradients, but none are recorded here (NoGrad), or the "
               "critic does not depend on x");
  const Tensor g = gradient_of(sum(y), leaf);
  only.reset();
  const TwoSides s = detail::with_float_type("squared_gradient_norm", x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    const double step = options.step > 0.0 ? options.step : 0.2 * std::cbrt(std::numeric_limits<T>::epsilon());
    return sides_of<T>(leaf.detach(), g, step);
  });
  const Tensor slope = mul(sub(critic(s.above), critic(s.below)), s.slope_factor);
  return straight_through(slope, s.squared_norms);
}

}  // namespace latent

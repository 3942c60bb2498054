#include <latent/autograd/estimators.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/node.hpp>

namespace latent {

Tensor scale_gradient(const Tensor& x, const Tensor& weights) {
  LATENT_CHECK(x.ndim() >= 1 && weights.numel() * x.dim(-1) == x.numel() && weights.ndim() == x.ndim() - 1 &&
                   weights.dtype() == x.dtype(),
               "[scale_gradient] x (..., D) and weights (...) of one type expected, got {} {} and {} {}",
               x.shape().str(), name_of(x.dtype()), weights.shape().str(), name_of(weights.dtype()));
  Tensor y = x.view_as(x.shape());
  if (should_record({&x})) {
    record("scale_gradient", {&y}, {&x}, [shape = x.shape(), weights](std::span<const Tensor> grads) {
      const int64_t rows = weights.numel();
      const Tensor dy = detail::in_type(grads[0], weights.dtype()).view_as({rows, shape[-1]});
      return Gradients{mul(dy, weights.view_as({rows, 1})).view_as(shape)};
    });
  }
  return y;
}

Tensor straight_through(const Tensor& x, const Tensor& value) {
  LATENT_CHECK(x.shape() == value.shape() && x.dtype() == value.dtype(),
               "[straight_through] x and value of one shape and type expected, got {} {} and {} {}", x.shape().str(),
               name_of(x.dtype()), value.shape().str(), name_of(value.dtype()));
  Tensor y = value.detach();
  if (should_record({&x})) {
    record("straight_through", {&y}, {&x}, [](std::span<const Tensor> grads) { return Gradients{grads[0].detach()}; });
  }
  return y;
}

}  // namespace latent

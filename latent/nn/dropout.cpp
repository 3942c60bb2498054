#include <latent/nn/dropout.hpp>

#include <latent/autograd/dropout.hpp>

namespace latent::nn {

Dropout::Dropout(double p) : p_(p) { LATENT_CHECK(p >= 0.0 && p < 1.0, "[Dropout] p in [0, 1) expected, got {}", p); }

Tensor Dropout::forward(const Tensor& x, const Context& context) const {
  if (context.mode == Mode::eval || p_ == 0.0) return x;
  LATENT_CHECK(context.rng != nullptr, "[Dropout] train mode draws from context.rng, which is null");
  return latent::dropout(x, p_, *context.rng);
}

}  // namespace latent::nn

#include <latent/autograd/dropout.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/node.hpp>
#include <latent/kernels/noise.hpp>

namespace latent {

namespace {

Tensor dropped(const Tensor& x, double p, const Rng::State& tape) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  detail::with_any_float_type("dropout", x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::dropout(tape, p, x.data<T>(), y.data<T>(), x.numel());
  });
  return y;
}

}  // namespace

Tensor dropout(const Tensor& x, double p, Rng& rng) {
  LATENT_CHECK(p >= 0.0 && p < 1.0, "[dropout] p in [0, 1) expected, got {}", p);
  const Rng::State tape = rng.state();
  rng = Rng(Rng::State{tape.seed, tape.stream, tape.block + static_cast<uint64_t>((x.numel() + 3) / 4)});
  Tensor y = dropped(x, p, tape);
  if (should_record({&x})) {
    record("dropout", {&y}, {&x},
           [p, tape](std::span<const Tensor> grads) { return Gradients{dropped(grads[0].detach(), p, tape)}; });
  }
  return y;
}

}  // namespace latent

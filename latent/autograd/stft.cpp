#include <latent/autograd/stft.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/node.hpp>
#include <latent/kernels/stft.hpp>

#include <vector>

namespace latent {

Tensor stft_magnitudes(const Tensor& x, int64_t n_fft, int64_t hop) {
  LATENT_CHECK(x.ndim() >= 1 && x.dim(-1) >= 1, "[stft_magnitudes] x (..., L) expected, got {}", x.shape().str());
  LATENT_CHECK(n_fft >= 2 && n_fft % 2 == 0 && hop >= 1,
               "[stft_magnitudes] an even n_fft and hop >= 1 expected, got {} and {}", n_fft, hop);
  const int64_t L = x.dim(-1);
  const kernels::Stft stft{.rows = x.numel() / L, .L = L, .n = n_fft, .hop = hop};
  std::vector<int64_t> sizes(x.shape().sizes().begin(), x.shape().sizes().end());
  sizes.back() = stft.frames();
  sizes.push_back(stft.bins());
  Tensor M = Tensor::empty(Shape(sizes), x.dtype());
  Tensor X = Tensor::empty(Shape{M.numel(), 2}, x.dtype());
  detail::with_float_type("stft_magnitudes", x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::stft_magnitudes(stft, x.data<T>(), X.data<T>(), M.data<T>());
  });
  if (should_record({&x})) {
    record("stft_magnitudes", {&M}, {&x},
           [stft, X = X.detach(), M = M.detach(), shape = x.shape()](std::span<const Tensor> grads) {
             const Tensor dM = detail::in_type(grads[0], M.dtype());
             Tensor dx = Tensor::empty(shape, M.dtype());
             detail::with_float_type("stft_magnitudes", M.dtype(), [&](auto* t) {
               using T = std::remove_pointer_t<decltype(t)>;
               kernels::stft_magnitudes_backward(stft, X.data<T>(), M.data<T>(), dM.data<T>(), dx.data<T>());
             });
             return Gradients{dx};
           });
  }
  return M;
}

}  // namespace latent

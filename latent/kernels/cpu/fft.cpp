#include <latent/kernels/fft.hpp>

#include <latent/core/error.hpp>

#include <kissfft/kiss_fftr.h>

#include <cassert>
#include <new>

namespace latent::kernels {

namespace {

struct FreePlan {
  void operator()(void* plan) const { kiss_fftr_free(plan); }
};
using Plan = std::unique_ptr<kiss_fftr_state, FreePlan>;

Plan make_plan(int64_t n, bool inverse) {
  Plan plan(kiss_fftr_alloc(static_cast<int>(n), inverse ? 1 : 0, nullptr, nullptr));
  if (!plan) throw std::bad_alloc();
  return plan;
}

}  // namespace

struct RealFft::Plans {
  Plan forward, inverse;
};

RealFft::RealFft(int64_t n) : n_(n) {
  constexpr int64_t kMost = int64_t{1} << 24;
  LATENT_CHECK(n >= 2 && n <= kMost && n % 2 == 0, "[RealFft] an even size up to {} expected, got {}", kMost, n);
  plans_ = std::make_unique<Plans>(Plans{make_plan(n, false), make_plan(n, true)});
}

RealFft::~RealFft() = default;
RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;

// kiss_fft_cpx is two floats, as std::complex<float> is by the standard.
void RealFft::forward(std::span<const float> x, std::span<std::complex<float>> X) {
  assert(static_cast<int64_t>(x.size()) == n_ && static_cast<int64_t>(X.size()) == bins());
  kiss_fftr(plans_->forward.get(), x.data(), reinterpret_cast<kiss_fft_cpx*>(X.data()));
}

void RealFft::inverse(std::span<const std::complex<float>> X, std::span<float> x) {
  assert(static_cast<int64_t>(x.size()) == n_ && static_cast<int64_t>(X.size()) == bins());
  kiss_fftri(plans_->inverse.get(), reinterpret_cast<const kiss_fft_cpx*>(X.data()), x.data());
  const float scale = 1.0f / static_cast<float>(n_);
  for (float& value : x) value *= scale;
}

}  // namespace latent::kernels

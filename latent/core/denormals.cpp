#include <latent/core/denormals.hpp>

#include <latent/core/thread_team.hpp>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace latent {

namespace detail {

#if defined(__SSE2__)

namespace {
constexpr uint64_t kFlush = 0x8040;  // MXCSR: flush to zero, denormals are zero
}
uint64_t denormal_bits() { return _mm_getcsr() & kFlush; }
void set_denormal_bits(uint64_t bits) {
  _mm_setcsr((_mm_getcsr() & ~static_cast<unsigned>(kFlush)) | static_cast<unsigned>(bits));
}

#elif defined(__aarch64__)

namespace {
constexpr uint64_t kFlush = uint64_t{1} << 24;  // FPCR: FZ, for inputs and results
uint64_t control() {
  uint64_t word = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(word));
  return word;
}
}  // namespace
uint64_t denormal_bits() { return control() & kFlush; }
void set_denormal_bits(uint64_t bits) {
  const uint64_t word = (control() & ~kFlush) | bits;
  __asm__ volatile("msr fpcr, %0" : : "r"(word));
}

#else

namespace {
constexpr uint64_t kFlush = 0;
}
uint64_t denormal_bits() { return 0; }
void set_denormal_bits(uint64_t) {}

#endif

}  // namespace detail

Denormals denormals() {
  return detail::kFlush != 0 && detail::denormal_bits() == detail::kFlush ? Denormals::flushed : Denormals::kept;
}

DenormalMode::DenormalMode(Denormals wanted) : before_(detail::denormal_bits()) {
  const uint64_t bits = wanted == Denormals::flushed ? detail::kFlush : 0;
  if (bits != before_) detail::set_denormal_bits(bits);
}

DenormalMode::~DenormalMode() {
  if (detail::denormal_bits() == before_) return;
  detail::set_denormal_bits(before_);
  // The pool outlives this object, and the caller's own teams would find it as products have left it.
  ThreadTeam::give_back();
}

}  // namespace latent

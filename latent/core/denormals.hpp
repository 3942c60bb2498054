#pragma once
// What arithmetic does with denormal numbers: those nearer to zero than the smallest normal one (1.2e-38 in f32).

#include <cstdint>

namespace latent {

/// `kept`: as IEEE 754 says, which takes some processors a hundred times as long as other numbers. `flushed`: taken for
/// zero, as inputs (denormals are zero) and as results (flush to zero).
enum class Denormals : uint8_t { kept, flushed };

/// What the calling thread does with them.
Denormals denormals();

/// While it lives, the calling thread and the parallel work that it starts through this library (parallel_for, matrix
/// products, convolutions) treat denormals as `wanted`; then all of them as before. Nests. Costs a few nanoseconds, and
/// once the waking of all threads if there are products.
///
/// Training, gradients, optimizers and models open one with `flushed`: moments of Adam decay into denormals. A loop
/// around single steps may open one of its own, which saves each step that. Exact arithmetic (compression) opens one
/// with `kept`: its bits are the same whatever the caller has set. Where neither SSE nor AArch64 has such a setting,
/// nothing changes.
class DenormalMode {
 public:
  explicit DenormalMode(Denormals wanted);
  ~DenormalMode();
  DenormalMode(const DenormalMode&) = delete;
  DenormalMode& operator=(const DenormalMode&) = delete;

 private:
  uint64_t before_;
};

namespace detail {
/// The bits of the calling thread's control register that decide it, and setting them.
uint64_t denormal_bits();
void set_denormal_bits(uint64_t bits);
}  // namespace detail

}  // namespace latent

#pragma once
// Private to kernels/cpu: normalize_*() of f32 where each channel is a group over all rows (batch normalisation), in
// vectors and by all threads.

#include <latent/kernels/normalize.hpp>

namespace latent::kernels::batch_norm {

/// Whether this is the case.
inline bool fits(const Normalize& s) { return s.samples == 1 && s.groups == s.C; }

/// As normalize_statistics(), normalize_forward() and normalize_backward(). Sums are in single precision over 64 rows
/// at a time and in double over these, in an order that depends on the shape alone.
void statistics(const Normalize& s, const float* x, float* mean, float* inverse_std);
void forward(const Normalize& s, const float* x, const float* mean, const float* inverse_std, const float* weight,
             const float* bias, float* y);
void backward(const Normalize& s, const float* x, const float* mean, const float* inverse_std, const float* weight,
              const float* dy, bool through_statistics, float* dx, float* dweight, float* dbias);

}  // namespace latent::kernels::batch_norm

#pragma once
// Short-time Fourier transforms as operations.

#include <latent/core/tensor.hpp>

namespace latent {

/// Magnitudes of frames of n_fft values under Hann's window, `hop` apart, centred on the values 0, hop, 2 hop, ...;
/// beyond the ends everything is 0. A sine of amplitude a has a bin of about a. f32 or f64.
/// @param x  (..., L)
/// @return (..., L / hop + 1, n_fft / 2 + 1), at least 1e-5
/// @throws std::invalid_argument unless n_fft is even and at least 2, and hop >= 1
Tensor stft_magnitudes(const Tensor& x, int64_t n_fft, int64_t hop);

}  // namespace latent

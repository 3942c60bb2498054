#pragma once
// Magnitudes of the short-time Fourier transform, and the way back of a gradient.

#include <cstdint>

namespace latent::kernels {

/// Frames of n values, `hop` apart; frame f is centred on value f hop, and what lies outside [0, L) counts as 0.
struct Stft {
  int64_t rows = 0, L = 0;
  int64_t n = 0, hop = 0;
  int64_t frames() const { return L / hop + 1; }
  int64_t bins() const { return n / 2 + 1; }
};

/// X[r, f, k] = (2 / sum w) sum over t of w_t x[r, f hop - n/2 + t] e^(-2 pi i k t / n), with Hann's window w: a sine
/// of amplitude a has a bin of about a. M = sqrt(|X|^2 + 1e-10).
/// @param x  (rows, L)   @param X  (rows, frames, bins, 2): real and imaginary parts   @param M  (rows, frames, bins)
void stft_magnitudes(const Stft& stft, const float* x, float* X, float* M);
void stft_magnitudes(const Stft& stft, const double* x, double* X, double* M);  // by the definition: slow

/// dx[r, t] = sum over frames and bins of dM[r, f, k] dM/dx. @param dx  (rows, L), written
void stft_magnitudes_backward(const Stft& stft, const float* X, const float* M, const float* dM, float* dx);
void stft_magnitudes_backward(const Stft& stft, const double* X, const double* M, const double* dM, double* dx);

}  // namespace latent::kernels

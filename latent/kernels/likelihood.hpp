#pragma once
// Negative log-likelihoods with their gradients in the same pass.

#include <cstdint>

namespace latent::kernels {

enum class Nll : uint8_t { bernoulli, gaussian, laplace };

/// For each of `rows` samples of `cols` values: nll[r] = -log p(x[r] | params[r]), and
/// dparams[r, c] = grad[r] * d nll[r] / d params[r, c].
/// @param scale    of gaussian (sigma) and laplace (b)
/// @param grad     one factor for each row, or null for `grad_all` in every row
/// @param nll      (rows), or null
/// @param dparams  (rows, cols), or null
struct NllPass {
  Nll kind = Nll::bernoulli;
  int64_t rows = 0, cols = 0;
  double scale = 1.0;
  double grad_all = 1.0;
};
void nll_pass(const NllPass& pass, const float* params, const float* x, const float* grad, float* nll, float* dparams);
/// The plain version: what the other one is tested against.
void nll_pass(const NllPass& pass, const double* params, const double* x, const double* grad, double* nll,
              double* dparams);

}  // namespace latent::kernels

#pragma once
// The plain versions of products and convolutions: double precision, loops as in the formulas. They serve gradient
// checks, and as the reference that the fast kernels are tested against.

#include <latent/kernels/conv.hpp>
#include <latent/kernels/gemm.hpp>

namespace latent::kernels::plain {

void gemm(const Gemm& gemm, const double* A, const double* B, const double* bias, double* C);
void conv_forward(const Conv& conv, const double* x, const double* weight, const double* bias, Activation activation,
                  double* y);
void conv_backward_data(const Conv& conv, const double* dy, const double* weight, double* dx);
void conv_backward_weight(const Conv& conv, const double* x, const double* dy, double* dweight);

}  // namespace latent::kernels::plain

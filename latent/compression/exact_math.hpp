#pragma once
// Functions of one number, the same bits everywhere: additions, multiplications and divisions alone, in a fixed order.
// What must be as fast as vectors are is in kernels/exact.hpp.

namespace latent::compression {

/// e^x for x limited to [-700, 700] (a NaN counts as -700); relative error below 1e-13.
double exact_exp(double x);
/// The distribution function of N(0, 1): rises with x, from 0 to 1; absolute error below 1e-7.
double exact_normal_cdf(double x);
/// Where exact_normal_cdf() reaches p, for p in (0, 1); within 1e-12.
double exact_normal_quantile(double p);

}  // namespace latent::compression

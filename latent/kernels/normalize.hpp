#pragma once
// Normalisation of channels-last data, forward and backward. Sums in double, in a fixed order: plain
// loops, and vectors for batch normalisation in single precision (cpu/batch_norm.hpp).

#include <cstdint>

namespace latent::kernels {

/// Statistics are shared by the elements of one group: (rows, C) is seen as `samples` x (rows / samples) x groups x
/// (C / groups). Batch normalisation has one sample and C groups; group normalisation N samples.
struct Normalize {
  int64_t samples = 1, rows = 0, C = 0, groups = 0;
  double eps = 1e-5;
};

/// mean and inverse standard deviation (samples, groups) of x, variance biased.
template <class T>
void normalize_statistics(const Normalize& shape, const T* x, T* mean, T* inverse_std);
/// y = (x - mean) * inverse_std * weight + bias; weight and bias are (C).
template <class T>
void normalize_forward(const Normalize& shape, const T* x, const T* mean, const T* inverse_std, const T* weight,
                       const T* bias, T* y);
/// dx, dweight, dbias. @param through_statistics  whether mean and inverse_std were computed from x
template <class T>
void normalize_backward(const Normalize& shape, const T* x, const T* mean, const T* inverse_std, const T* weight,
                        const T* dy, bool through_statistics, T* dx, T* dweight, T* dbias);

}  // namespace latent::kernels

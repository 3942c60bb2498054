#pragma once
// Sums over the Cauchy kernel w(r) = 1 / (1 + |r|^2): what pushes the points of a t-SNE map apart.

#include <cstdint>
#include <span>

namespace latent::kernels {

/// Points of 2 or 3 dimensions, one array for each coordinate; at[2] is null in two dimensions.
template <class T>
struct PointArrays {
  const T* at[3] = {nullptr, nullptr, nullptr};
};

/// Sources [begin, end).
struct SourceRange {
  int64_t begin = 0, end = 0;
};

/// Many sources seen as one: how many, their mean, and sum (s - center)(s - center)^T with its trace.
template <class T>
struct Multipole {
  T count = 0;
  T center[3] = {};
  T xx = 0, xy = 0, yy = 0, xz = 0, yz = 0, zz = 0;
  T trace = 0;
};

/// What acts on targets: sources one by one, and groups of them to second order about their centers.
template <class T>
struct CauchySources {
  int dims = 2;  ///< 2 or 3
  PointArrays<T> points;
  std::span<const SourceRange> near;  ///< the ones of `points` that are near
  std::span<const Multipole<T>> far;
};

/// For each of `count` targets y: sum = sum over sources s of w(y - s), force = sum of w(y - s)^2 (y - s) = -1/2 of the
/// gradient of `sum`. A group of n sources with the mean c, R = y - c, M its matrix and q = R^T M R adds
///   sum   += n w - w^2 tr M + 4 w^3 q
///   force += (n w^2 - 2 w^3 tr M + 12 w^4 q) R - 4 w^3 M R
/// Runs on the calling thread.
/// @param sum    (count)
/// @param force  one array of `count` for each dimension
void cauchy_sums(const CauchySources<float>& sources, int64_t count, const PointArrays<float>& targets, float* sum,
                 float* const force[3]);
/// The plain version.
void cauchy_sums(const CauchySources<double>& sources, int64_t count, const PointArrays<double>& targets, double* sum,
                 double* const force[3]);

}  // namespace latent::kernels

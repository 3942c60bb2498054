#pragma once
// How far a map can be trusted.

#include <latent/core/tensor.hpp>

#include <span>

namespace latent::space {

/// How little of what is near on the map was far before: 1 is perfect, 0.5 is about chance.
/// T(k) = 1 - 2 / (N k (2N - 3k - 1)) * sum over i, over neighbours j of i on the map that were none before,
/// of (rank of j before - k).
/// Among rows equally far the one of lower index has the lower rank.
/// Source: Venna & Kaski 2001; the same figure as sklearn.manifold.trustworthiness. Cost N^2: pass a sample of 10,000.
/// @param before (N, D) f32, finite   @param map (N, d) f32, finite   @param k  from 1 to less than N / 2
/// @throws std::invalid_argument for other shapes or values, or k out of range
double trustworthiness(const Tensor& before, const Tensor& map, int64_t k);

/// The share of each row's k nearest neighbours before that are among its k nearest on the map, averaged over rows.
/// @throws std::invalid_argument as above
double neighbor_agreement(const Tensor& before, const Tensor& map, int64_t k);

/// Both figures above, with the neighbours on the map found once. @throws std::invalid_argument as above
struct MapQuality {
  double trustworthiness = 0.0, agreement = 0.0;
};
MapQuality map_quality(const Tensor& before, const Tensor& map, int64_t k);

/// The share of rows whose label is the majority of their k nearest others' labels (ties: the nearer class wins).
/// Rows with a negative label are left out: they are neither asked about nor counted as neighbours.
/// @throws std::invalid_argument for other shapes, or k out of range
double neighbor_label_accuracy(const Tensor& map, std::span<const int64_t> labels, int64_t k);

}  // namespace latent::space

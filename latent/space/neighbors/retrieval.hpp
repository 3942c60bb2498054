#pragma once
// How well nearness finds rows of the same class.

#include <latent/space/neighbors/neighbors.hpp>

#include <span>

namespace latent::space {

/// For each query all rows of `base` are ranked by their distance, and the ranking is given its average precision for
/// the rows of the query's class (equal distances share a rank; 1: all of them come first); the mean over queries. A
/// query whose class is unknown, or has no row, does not count; NaN if none does. Costs Q * M exact distances.
/// @param queries (Q, D), base (M, D) f32, finite
/// @param query_classes, base_classes  Q and M numbers; -1 where unknown, which is no class of anything
/// @param self  number of each query's own row in `base`, which is left out; empty where queries are no rows of it
/// @throws std::invalid_argument for other shapes, types or lengths
/// Source: Manning, Raghavan & Schuetze 2008, "Introduction to information retrieval", section 8.4.
double mean_average_precision(const Tensor& queries, std::span<const int64_t> query_classes, const Tensor& base,
                              std::span<const int64_t> base_classes, std::span<const int64_t> self = {},
                              Metric metric = Metric::euclidean);

}  // namespace latent::space

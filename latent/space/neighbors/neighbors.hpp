#pragma once
// Nearest neighbours among rows: exact, by matrix product.

#include <latent/core/tensor.hpp>

#include <string_view>

namespace latent::space {

enum class Metric : uint8_t {
  euclidean,  ///< ||a - b||
  cosine      ///< 1 - a.b / (||a|| ||b||); 1 for a row of zeros
};
/// "euclidean" or "cosine". @throws std::invalid_argument for others, with the nearest
Metric metric_from(std::string_view name);
std::string_view name_of(Metric metric);

/// For each query its k nearest rows, nearest first; ties in the order of their indices.
struct Neighbors {
  Tensor index;     ///< (N, k) i64, rows of the base
  Tensor distance;  ///< (N, k) f32, ascending
};

/// The k nearest rows of `base` for each row of `queries`. Exact: the distances are those that f32 gives for the pair,
/// and no nearer row is missed beyond rounding. The same result for any number of threads.
/// @param queries (N, D) f32   @param base (M, D) f32, finite
/// @throws std::invalid_argument for other shapes or types, or k outside [1, M]
Neighbors nearest(const Tensor& queries, const Tensor& base, int64_t k, Metric metric = Metric::euclidean);

/// The k nearest other rows for each row of `x`: a row is never its own neighbour (a duplicate of it may be).
/// @param x (N, D) f32, finite
/// @throws std::invalid_argument for other shapes or types, or k outside [1, N - 1]
Neighbors nearest_others(const Tensor& x, int64_t k, Metric metric = Metric::euclidean);

}  // namespace latent::space

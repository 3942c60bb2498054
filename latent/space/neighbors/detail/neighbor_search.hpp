#pragma once
// Private to space/: the ways in which nearest() searches. All give the same result.

#include <latent/space/neighbors/neighbors.hpp>

namespace latent::space::detail {

/// Whether a row may be its own neighbour, where queries and base are the same.
enum class Self : uint8_t { allowed, left_out };

struct SearchPlan {
  enum class Way : uint8_t {
    direct,   ///< every distance is computed
    filtered  ///< those that a product of points does not rule out (neighbor_filter.hpp)
  };
  Way way = Way::direct;
  DType products = DType::f32;  ///< type of the products of the filter: f32 or bf16
  Tensor axes = {};             ///< axes of the filter: (m, D); undefined for none
  int64_t block = 512;          ///< rows of one product
};

/// The way of least expected work, estimated with a sample of queries and rows.
SearchPlan plan_search(const Tensor& queries, const Tensor& base, int64_t k, Metric metric, Self self);

/// For Self::left_out, `queries` and `base` are one tensor; each pair is then looked at once, for both of its rows.
Neighbors search(const Tensor& queries, const Tensor& base, int64_t k, Metric metric, Self self,
                 const SearchPlan& plan);

}  // namespace latent::space::detail

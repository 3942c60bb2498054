#pragma once
// The weighted graph that UMAP lays out.

#include <latent/space/linear/sparse_matrix.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <vector>

namespace latent::space {

/// A row's scale: how far its nearest neighbour is, and how fast membership falls beyond that.
struct SmoothScales {
  std::vector<double> rho;    ///< distance to the nearest neighbour that is no duplicate; 0 where all are
  std::vector<double> sigma;  ///< > 0 unless all distances are 0
};

/// sigma such that sum over neighbours j of exp(-max(0, d_j - rho) / sigma) = log2(k + 1), as near as 64 halvings
/// come; at least 0.001 times the mean distance of the row (of all rows where rho is 0).
/// @param distance (N, k) f32, ascending, without the rows themselves: k + 1 neighbours in umap-learn's counting
/// Source: McInnes et al. 2018, arXiv:1802.03426, algorithm 3; umap-learn's smooth_knn_dist.
SmoothScales smooth_scales(const Tensor& distance);

/// For new points, whose nearest neighbours are bound like the others: sigma such that sum over j of exp(-d_j / sigma)
/// = log2(k). > 0 for each row.
/// @param distance (M, k) f32, ascending
std::vector<double> transform_scales(const Tensor& distance);

/// A symmetric graph: row i has the neighbours of vertex i, with weights in (0, 1].
using Graph = SparseMatrix;

/// The fuzzy union w = p + q - p q of both directions, where p = exp(-max(0, d - rho) / sigma) of each row's
/// neighbours. The same for any number of threads.
/// @param neighbors (N, k) of nearest_others()
/// Source: McInnes et al. 2018, arXiv:1802.03426, algorithms 1 and 2.
Graph fuzzy_union(const Neighbors& neighbors);

/// A number for each vertex: the same for vertices that are connected, counted from 0 in the order of their first
/// vertices. @return how many there are
int64_t connected_components(const Graph& graph, std::vector<int32_t>& component);

}  // namespace latent::space

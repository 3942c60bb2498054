#pragma once
// The smoothest functions on a graph.

#include <latent/core/tensor.hpp>
#include <latent/space/maps/umap_graph.hpp>

namespace latent::space {

struct SpectralOptions {
  int64_t dims = 2;
  uint64_t seed = 0;  ///< seed of the starting vectors
  /// Stop when every residual ||M v - lambda v|| of a unit vector is below.
  double tolerance = 1e-3;
  int64_t most_products =
      400;  ///< products with the graph with a block of vectors; then the vectors are taken as they are
};

/// The `dims` eigenvectors of the normalised Laplacian I - D^-1/2 W D^-1/2 with the smallest eigenvalues but one, the
/// smallest first; the first of all, D^1/2 1, is left out. By Chebyshev-filtered subspace iteration; the entry of
/// largest magnitude of each is positive. The same bits for any number of threads.
/// @param graph  connected, with more than dims + 1 vertices, symmetric weights > 0
/// @return (N, dims) f32, unit columns
/// Sources: Belkin & Niyogi 2003 (Laplacian eigenmaps); Zhou et al. 2006, "Self-consistent-field calculations using
/// Chebyshev-filtered subspace iteration", algorithm 3.2.
Tensor spectral_layout(const Graph& graph, const SpectralOptions& options);

}  // namespace latent::space

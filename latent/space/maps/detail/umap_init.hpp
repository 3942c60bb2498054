#pragma once
// Private to space/: where UMAP's points start.

#include <latent/space/maps/umap.hpp>
#include <latent/space/maps/umap_graph.hpp>

namespace latent::space {

struct UmapStart {
  Tensor places;                  ///< (N, dims) f32, each coordinate stretched to [0, 10]
  UmapInit init = UmapInit::pca;  ///< what they come from
};
/// A little noise keeps points with the same coordinates apart.
UmapStart umap_start(const Tensor& codes, const Graph& graph, const UmapOptions& options);

}  // namespace latent::space

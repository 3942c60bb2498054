#pragma once
// UMAP: a map that keeps neighbours together.

#include <latent/space/maps/layout.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <memory>
#include <string_view>

namespace latent::space {

/// Where the points start. umap-learn takes spectral. On MNIST both end alike (trustworthiness 0.955, seeds differ by
/// 0.001), and pca is quicker.
enum class UmapInit : uint8_t {
  spectral,  ///< eigenvectors of the graph's Laplacian; pca for a graph in several pieces, or of less than 64 vertices
  pca,       ///< principal components
  random,
};
/// "spectral", "pca" or "random". @throws std::invalid_argument for others, with the nearest
UmapInit umap_init_from(std::string_view name);
std::string_view name_of(UmapInit init);

struct UmapOptions {
  int64_t dims = 2;                   ///< 2 or 3
  int64_t neighbors = 15;             ///< the point itself is one of them, as umap-learn counts; from 2 to N - 1
  double min_dist = 0.1;              ///< how near to each other neighbours are drawn; from 0 to 3 spread
  double spread = 1.0;                ///< scale of the map; > 0
  Metric metric = Metric::euclidean;  ///< how far codes are apart; the map itself is Euclidean
  int64_t epochs = 0;                 ///< steps; 0: 200 above 10,000 points, else 500
  int64_t negative_samples = 5;       ///< draws that push apart, for each edge that pulls together
  UmapInit init = UmapInit::pca;
  uint64_t seed = 0;
};

class Umap : public Layout {
 public:
  /// Where the points started: options.init, or pca for a graph that spectral cannot do.
  virtual UmapInit init() const = 0;
};

/// A map by UMAP; a step is an epoch. Neighbours, graph and initial places are computed here, which takes most of the
/// time. transform() puts new points at the weighted mean of their nearest old ones and moves them among those; each
/// one's place is the same whatever other points are asked for with it.
/// @param codes (N, D) f32, finite, at most largest_code(D), N <= 2^24; the memory is shared and must not change
/// @throws std::invalid_argument for other shapes, types or values, and options out of range
/// Source: McInnes et al. 2018, arXiv:1802.03426. Edges move both of their ends, as in umap-learn, but in matchings,
/// where no two edges share an end, and random points push from where they stood half an epoch ago: so the same seed
/// gives the same bits at any number of threads.
std::unique_ptr<Umap> make_umap(const Tensor& codes, const UmapOptions& options = {});

/// The same, from neighbours that are known already, so that several maps of the same codes need not find them again.
/// @param neighbors  nearest_others(codes, options.neighbors - 1, options.metric)
/// @throws std::invalid_argument as above, and for neighbours of another number or distances that are not finite
std::unique_ptr<Umap> make_umap(const Tensor& codes, const Neighbors& neighbors, const UmapOptions& options = {});

/// a and b of 1 / (1 + a d^2b), the curve nearest (least squares, 300 points on [0, 3 spread]) to
/// min(1, exp(-(d - min_dist) / spread)).
struct UmapCurve {
  double a = 1.0, b = 1.0;
};
/// @throws std::invalid_argument for values out of range
UmapCurve fit_umap_curve(double spread, double min_dist);

}  // namespace latent::space

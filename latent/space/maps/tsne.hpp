#pragma once
// t-SNE: a map on which neighbours stay neighbours.

#include <latent/space/maps/layout.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace latent::space {

enum class TsneInit : uint8_t {
  pca,    ///< the first principal components, scaled to a standard deviation of 1e-4 along the first
  random  ///< independent normal places with a standard deviation of 1e-4
};
/// "pca" or "random". @throws std::invalid_argument for others, with the nearest
TsneInit tsne_init_from(std::string_view name);

/// Defaults, and what happens at each step, are those of scikit-learn 1.2.
struct TsneOptions {
  int64_t dims = 2;                          ///< dimensions of the map: 2 or 3
  double perplexity = 30.0;                  ///< how many neighbours count, roughly; from 1 to less than N
  double early_exaggeration = 12.0;          ///< what p_ij are multiplied with in the first steps
  int64_t exaggeration_steps = 250;          ///< how many steps that is; all, if there are no more
  int64_t steps = 1000;                      ///< in all
  std::optional<double> learning_rate = {};  ///< default: N / early_exaggeration / 4, at least 50
  TsneInit init = TsneInit::pca;
  Metric metric = Metric::euclidean;
  double theta = 0.4;  ///< how coarsely far points are grouped, from 0 (each one for itself) to 1
  uint64_t seed = 0;   ///< seed of random places, and of the components of large sets
};

/// The places y_i that minimise KL(P || Q) = sum of p_ij log(p_ij / q_ij) over pairs, where p_ij says how near two
/// codes are among the nearest neighbours of both, and q_ij = w_ij / Z, w_ij = 1 / (1 + |y_i - y_j|^2), how near their
/// places. Gradient descent with momentum and gains:
///   dy_i = 4 (sum_j p_ij w_ij (y_i - y_j) - sum_j w_ij^2 (y_i - y_j) / Z)
/// The first sum is exact. In the second one, groups of far points act together, by their mean and second moments
/// (point_tree.hpp); with the default theta its error is below 0.1% on a finished map, 0.3% on the way.
/// transform() places new codes at the weighted median of their neighbours' places and lets each descend on its own
/// KL(p_j|i || w_ij / sum_j w_ij).
/// Source: van der Maaten & Hinton 2008; van der Maaten 2014, arXiv:1301.3342; for transform() Policar, Strazar & Zupan
/// 2021, doi:10.1007/s10994-021-06043-1 (openTSNE).
class Tsne : public Layout {
 public:
  /// KL(P || Q) of the map as it stands, without exaggeration, in nats. Computed on demand; costs about two steps.
  virtual double kl_divergence() const = 0;
};

/// A map at its initial places. Keeps the codes, which must not change as long as it lives.
/// @param codes (N, D) f32, finite, at most largest_code(D), N >= 2
/// @throws std::invalid_argument for other shapes, types or values, and options out of range; step() throws it when the
///         learning rate is so large that places leave the range of f32
std::unique_ptr<Tsne> make_tsne(const Tensor& codes, const TsneOptions& options = {});

}  // namespace latent::space

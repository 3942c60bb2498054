#pragma once
// The gradient of t-SNE, and the divergence that it descends on.

#include <latent/space/maps/detail/point_tree.hpp>
#include <latent/space/maps/tsne_affinities.hpp>

#include <vector>

namespace latent::space {

/// Gradients of a map of N points; keeps room for what is computed on the way. The same bits at any number of threads.
class TsneGradient {
 public:
  TsneGradient(int dims, int64_t count);
  /// What Z is taken for when it is lost in rounding: no point is in reach of another one.
  static double least_normalization(int64_t count) { return 0x1p-24 * static_cast<double>(count); }

  /// gradient_i = 4 (exaggeration sum_j p_ij w_ij (y_i - y_j) - sum_j w_ij^2 (y_i - y_j) / Z), w_ij = 1 / (1 + |y_i -
  /// y_j|^2)
  /// @param p     (N, N)
  /// @param tree  over y, as it is now
  /// @param y, gradient  (N, dims)
  /// @return Z = sum of w_ij over pairs of different points, at least least_normalization(N); not finite if a place is
  ///         not
  double joint(const Affinities& p, const PointTree& tree, double theta, double exaggeration, const float* y,
               float* gradient);

  /// The same for points that each have their own p_j|i and Z_i = sum_j w_ij over the fixed places s_j.
  /// @param p        (N, sources)
  /// @param sources  over s   @param tree over y
  void conditional(const Affinities& p, const PointTree& sources, const PointTree& tree, double theta,
                   double exaggeration, const float* s, const float* y, float* gradient);

 private:
  int dims_;
  std::vector<float> sum_, force_;
};

/// Sum of w_ij over pairs of different points. @param y (N, dims)
double tsne_normalization(int dims, int64_t count, double theta, const float* y);

/// KL(P || Q) in nats, with q_ij = w_ij / Z. @param p (N, N)   @param y (N, dims)
double tsne_divergence(const Affinities& p, int dims, double Z, const float* y);

}  // namespace latent::space

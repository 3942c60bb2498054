#pragma once
// Classes and numbers by the nearest neighbours.

#include <latent/space/neighbors/neighbors.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace latent::space {

enum class KnnWeights : uint8_t {
  uniform,  ///< every neighbour counts the same
  distance  ///< 1 / distance; neighbours at distance 0 alone where there are any
};

/// What neighbours are and how they count.
struct KnnOptions {
  int64_t k = 5;
  Metric metric = Metric::euclidean;
  KnnWeights weights = KnnWeights::uniform;
  bool standardize = false;  ///< bring columns to variance 1 first, by the training rows

  /// "k = 5, cosine, standardised, weighted by distance"
  std::string str() const;
};

/// The class with the most votes of the first k of each row's neighbours; of equals, that of the nearest neighbour.
/// @param found  neighbours in the training rows, nearest first   @param labels  of the training rows, not negative
/// @throws std::invalid_argument for k outside [1, neighbours found], or labels that do not fit
std::vector<int64_t> knn_classes(const Neighbors& found, std::span<const int64_t> labels, int64_t k,
                                 KnnWeights weights);
/// The (weighted) mean of their values. @throws as above
std::vector<double> knn_values(const Neighbors& found, std::span<const double> values, int64_t k, KnnWeights weights);

/// Training rows, and how to ask them.
class Knn {
 public:
  /// @param x (N, D) f32, finite, N >= options.k
  /// @throws std::invalid_argument otherwise
  Knn(const Tensor& x, const KnnOptions& options);
  const KnnOptions& options() const { return options_; }
  std::vector<int64_t> predict_classes(const Tensor& x, std::span<const int64_t> labels) const;
  std::vector<double> predict_values(const Tensor& x, std::span<const double> values) const;

 private:
  Neighbors neighbors_of(const Tensor& x) const;

  KnnOptions options_;
  std::vector<double> mean_, scale_;  // empty unless standardised
  Tensor x_;
};

/// The options with the best leave-one-out accuracy among k = 1, 3, 5, 7, 10, 15; euclidean and cosine; as they are and
/// standardised; uniform and by distance. At most 4,000 rows, drawn by `seed`, are left out, one at a time. Of equals,
/// the plainest (euclidean, as it is, uniform).
/// @param x (N, D) f32, finite, N >= 2   @throws std::invalid_argument otherwise
KnnOptions choose_knn(const Tensor& x, std::span<const int64_t> labels, uint64_t seed);
/// The same by the leave-one-out squared error of values.
KnnOptions choose_knn_for_values(const Tensor& x, std::span<const double> values, uint64_t seed);

}  // namespace latent::space

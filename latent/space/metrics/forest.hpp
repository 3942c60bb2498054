#pragma once
// A random forest of regression trees: which columns tell how much of a target, linear or not.

#include <latent/core/tensor.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace latent::space {

struct ForestOptions {
  int64_t trees = 10;
  int64_t depth = 12;
  int64_t least_samples = 5;  ///< samples in a leaf
  uint64_t seed = 0;
};

/// Trees grown on bootstrap samples. Each split is the one of all columns, at one of up to 63 quantiles of its values,
/// that reduces the sum of squares about the mean most. Several outputs are split together, so that the one-hot rows of
/// classes are split by Gini impurity.
/// Source: Breiman 2001, "Random forests"; importance as sklearn's feature_importances_ (mean decrease in impurity).
class Forest {
 public:
  /// @param x        (N, D) f32, finite; N >= 2
  /// @param targets  N rows of `outputs` numbers
  /// @throws std::invalid_argument for other shapes, and options below 1
  Forest(const Tensor& x, std::span<const double> targets, int64_t outputs, const ForestOptions& options = {});

  /// N rows of outputs: the mean over the trees. @param x (N, D) f32
  std::vector<double> predict(const Tensor& x) const;
  /// D shares of what the splits on each column explain, which sum to 1; zeros where nothing could be split.
  const std::vector<double>& importance() const { return importance_; }

 private:
  struct Node {
    int64_t column = -1;  // -1: a leaf
    float threshold = 0.0F;
    int64_t left = 0, right = 0;  // of rows up to the threshold, and above it
  };
  struct Tree {
    std::vector<Node> nodes;
    std::vector<double> values;  // `outputs` of each node
  };
  struct Grower;

  int64_t columns_, outputs_;
  std::vector<Tree> trees_;
  std::vector<double> importance_;
};

}  // namespace latent::space

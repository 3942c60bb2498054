#pragma once
// Multinomial logistic regression.

#include <latent/core/tensor.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace latent::space {

struct LogisticOptions {
  double l2 = 1.0;  ///< strength of the penalty; 1 / C in scikit-learn's terms
  int64_t max_iterations = 500;
  double tolerance = 1e-5;     ///< least size of the gradient of the mean loss
  double min_decrease = 1e-8;  ///< decrease of the mean loss in one step, as a share of it
};

/// p(class | x) = softmax(x weight^T + bias).
struct Logistic {
  Tensor weight;  ///< (C, D) f32
  Tensor bias;    ///< (C) f32
  int64_t iterations = 0;
  bool converged = false;

  /// (N, D) f32 -> (N, C) f32. @throws std::invalid_argument for other shapes
  Tensor logits(const Tensor& x) const;
  /// The most likely class of each row; the first of equals.
  std::vector<int64_t> predict(const Tensor& x) const;
};

/// Minimises  sum over rows of -log p(label | x)  +  l2 / 2 ||weight||^2  (the bias is free) by L-BFGS. Strictly convex
/// up to a constant added to all biases: they sum to 0. Inputs should be standardised. Products in f32, sums in double;
/// the same bits with any number of threads.
/// @param x (N, D) f32, finite   @param labels N numbers in [0, classes)
/// @param start  where to begin (an earlier result of other strength); null begins at 0
/// @throws std::invalid_argument for other shapes, labels out of range, fewer than two classes, l2 <= 0
Logistic fit_logistic(const Tensor& x, std::span<const int64_t> labels, int64_t classes,
                      const LogisticOptions& options = {}, const Logistic* start = nullptr);

/// Mean of -log p(label | x), in nats. @throws std::invalid_argument for other shapes
double logistic_loss(const Logistic& model, const Tensor& x, std::span<const int64_t> labels);

}  // namespace latent::space

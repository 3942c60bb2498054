#pragma once
// Logistic regression of two classes.

#include <cstdint>
#include <span>
#include <vector>

namespace latent::space {

struct BinaryLogistic {
  std::vector<double> weight;  ///< D
  double bias = 0.0;
};

/// The minimum of sum_i log(1 + exp(-y_i (w.x_i + b))) + l2 / 2 |w|^2 with y_i = 1 or -1, found by Newton's method with
/// step halving until the gradient is below 1e-8 of the number of samples: the minimum that
/// sklearn.linear_model.LogisticRegression(C=1/l2) looks for. Finite for separable classes too, thanks to l2 > 0.
/// Cost N D^2 + D^3 for each of its few steps.
/// @param x            N rows of D finite values
/// @param is_positive  N, 0 or 1; both occur
/// @throws std::invalid_argument for other lengths, D < 1, l2 <= 0, or one class only
BinaryLogistic fit_binary_logistic(std::span<const double> x, int64_t D, std::span<const uint8_t> is_positive,
                                   double l2);

}  // namespace latent::space

#pragma once
// Minimising a smooth function of many variables.

#include <cstdint>
#include <functional>
#include <span>

namespace latent::space {

struct LbfgsOptions {
  int64_t max_iterations = 500;
  double tolerance = 1e-6;     ///< done when no entry of the gradient is larger
  double min_decrease = 1e-9;  ///< done when a step lowers the value by less than this share of max(|value|, 1)
  int64_t history = 10;        ///< pairs of steps and changes of the gradient that stand for the Hessian
};

struct LbfgsResult {
  double value = 0.0;
  int64_t iterations = 0, evaluations = 0;
  bool converged = false;  ///< false: max_iterations were not enough
};

/// The value at x; writes the gradient.
using Objective = std::function<double(std::span<const double> x, std::span<double> gradient)>;

/// Limited-memory BFGS with a line search for the weak Wolfe conditions by bisection. Starts from `x` and leaves the
/// minimiser there. Runs on the calling thread, in an order that depends on its input alone.
/// Source: Nocedal & Wright 2006, algorithm 7.5; Lewis & Overton 2013 for the line search.
/// @throws std::invalid_argument for options that are not positive, or a value that is not finite at the start
LbfgsResult minimize_lbfgs(const Objective& objective, std::span<double> x, const LbfgsOptions& options = {});

}  // namespace latent::space

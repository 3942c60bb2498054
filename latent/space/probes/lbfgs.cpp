#include <latent/space/probes/lbfgs.hpp>

#include <latent/core/error.hpp>
#include <latent/space/probes/dot.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

namespace latent::space {

namespace {

using Vector = std::vector<double>;

double largest(std::span<const double> values) {
  double most = 0.0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

// A step that was taken and how the gradient changed along it.
struct CurvaturePair {
  Vector step, change;
  double inverse_product = 0.0;  // 1 / (step . change)
};

// -H gradient, with H the inverse Hessian that the pairs stand for (the two-loop recursion).
Vector direction_from(const std::deque<CurvaturePair>& pairs, std::span<const double> gradient) {
  Vector d(gradient.begin(), gradient.end());
  Vector alpha(pairs.size());
  for (size_t i = pairs.size(); i-- > 0;) {
    alpha[i] = pairs[i].inverse_product * dot(pairs[i].step, d);
    for (size_t j = 0; j < d.size(); ++j) d[j] -= alpha[i] * pairs[i].change[j];
  }
  const double scale =
      pairs.empty() ? 1.0 : 1.0 / (pairs.back().inverse_product * dot(pairs.back().change, pairs.back().change));
  for (double& value : d) value *= scale;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const double beta = pairs[i].inverse_product * dot(pairs[i].change, d);
    for (size_t j = 0; j < d.size(); ++j) d[j] += (alpha[i] - beta) * pairs[i].step[j];
  }
  for (double& value : d) value = -value;
  return d;
}

// A place on the way: x, the value and the gradient there.
struct Place {
  Vector x, gradient;
  double value = 0.0;
};

// Moves from `from` along `direction` to a place that satisfies the weak Wolfe conditions. False if there is none
// within the precision of the values.
bool line_search(const Objective& objective, const Place& from, std::span<const double> direction, double first_step,
                 Place& to, int64_t& evaluations) {
  constexpr double kSufficient = 1e-4, kCurvature = 0.9, kRounding = 1e-10;
  constexpr int kMostTrials = 30;
  const double slope = dot(from.gradient, direction);
  double low = 0.0, high = 0.0, step = first_step;  // high = 0: not bracketed yet
  for (int trial = 0; trial < kMostTrials; ++trial) {
    for (size_t i = 0; i < to.x.size(); ++i) to.x[i] = from.x[i] + step * direction[i];
    to.value = objective(to.x, to.gradient);
    ++evaluations;
    const double allowed = from.value + kSufficient * step * slope + kRounding * std::abs(from.value);
    if (!std::isfinite(to.value) || to.value > allowed) {
      high = step;
    } else if (dot(to.gradient, direction) < kCurvature * slope) {
      low = step;
    } else {
      return true;
    }
    step = high > 0.0 ? (low + high) / 2.0 : 2.0 * low;
  }
  return false;
}

}  // namespace

LbfgsResult minimize_lbfgs(const Objective& objective, std::span<double> x, const LbfgsOptions& options) {
  LATENT_CHECK(options.max_iterations >= 1 && options.tolerance > 0.0 && options.history >= 1,
               "[lbfgs] max_iterations, tolerance and history: positive numbers expected, got {}, {} and {}",
               options.max_iterations, options.tolerance, options.history);
  Place here{Vector(x.begin(), x.end()), Vector(x.size()), 0.0};
  Place next = here;
  here.value = objective(here.x, here.gradient);
  LATENT_CHECK(std::isfinite(here.value), "[lbfgs] the value at the start is not finite");
  LbfgsResult result{.value = here.value, .iterations = 0, .evaluations = 1, .converged = false};
  std::deque<CurvaturePair> pairs;
  while (result.iterations < options.max_iterations) {
    const double steepest = largest(here.gradient);
    result.converged = steepest <= options.tolerance;
    if (result.converged) break;
    const Vector direction = direction_from(pairs, here.gradient);
    const double first_step = pairs.empty() ? std::min(1.0, 1.0 / steepest) : 1.0;
    if (!line_search(objective, here, direction, first_step, next, result.evaluations)) {
      result.converged = true;  // no lower place can be told from this one
      break;
    }
    ++result.iterations;
    CurvaturePair pair{Vector(x.size()), Vector(x.size()), 0.0};
    for (size_t i = 0; i < x.size(); ++i) {
      pair.step[i] = next.x[i] - here.x[i];
      pair.change[i] = next.gradient[i] - here.gradient[i];
    }
    const double product = dot(pair.step, pair.change);
    const double decrease = here.value - next.value;
    std::swap(here, next);
    if (product > 0.0) {
      pair.inverse_product = 1.0 / product;
      pairs.push_back(std::move(pair));
      if (static_cast<int64_t>(pairs.size()) > options.history) pairs.pop_front();
    }
    result.converged = decrease <= options.min_decrease * std::max(std::abs(here.value), 1.0);
    if (result.converged) break;
  }
  std::copy(here.x.begin(), here.x.end(), x.begin());
  result.value = here.value;
  return result;
}

}  // namespace latent::space

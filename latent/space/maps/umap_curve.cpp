#include <latent/core/error.hpp>
#include <latent/space/maps/umap.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent::space {

namespace {

constexpr int kPoints = 300;

struct Target {
  std::array<double, kPoints> x, y;
};

Target target_of(double spread, double min_dist) {
  Target target{};
  for (size_t i = 0; i < kPoints; ++i) {
    const double x = 3.0 * spread * static_cast<double>(i) / (kPoints - 1);
    target.x[i] = x;
    target.y[i] = x < min_dist ? 1.0 : std::exp(-(x - min_dist) / spread);
  }
  return target;
}

double squared_error(const Target& target, const UmapCurve& curve) {
  double sum = 0.0;
  for (size_t i = 0; i < kPoints; ++i) {
    sum += std::pow(1.0 / (1.0 + curve.a * std::pow(target.x[i], 2.0 * curve.b)) - target.y[i], 2);
  }
  return sum;
}

// J^T J and J^T r of the residuals r.
struct Normal {
  double aa = 0.0, ab = 0.0, bb = 0.0, ra = 0.0, rb = 0.0;
};

Normal normal_equations(const Target& target, const UmapCurve& curve) {
  Normal n;
  for (size_t i = 1; i < kPoints; ++i) {  // at x = 0 the curve is 1 whatever a and b are
    const double power = std::pow(target.x[i], 2.0 * curve.b);
    const double value = 1.0 / (1.0 + curve.a * power);
    const double da = -power * value * value, db = 2.0 * std::log(target.x[i]) * curve.a * da;
    const double residual = value - target.y[i];
    n.aa += da * da;
    n.ab += da * db;
    n.bb += db * db;
    n.ra += da * residual;
    n.rb += db * residual;
  }
  return n;
}

}  // namespace

UmapCurve fit_umap_curve(double spread, double min_dist) {
  LATENT_CHECK(std::isfinite(spread) && spread > 0.0, "[umap] spread > 0 expected, got {}", spread);
  LATENT_CHECK(min_dist >= 0.0 && min_dist <= 3.0 * spread, "[umap] min_dist from 0 to 3 spread = {} expected, got {}",
               3.0 * spread, min_dist);
  const Target target = target_of(spread, min_dist);
  // Levenberg-Marquardt, from where the curve has half its height at the right place.
  UmapCurve curve{std::pow(spread, -2.0), 1.0};
  double error = squared_error(target, curve), damping = 1e-3;
  constexpr int kMostSteps = 500;
  constexpr double kSmallStep = 1e-12, kMostDamping = 1e12;
  for (int step = 0; step < kMostSteps && damping < kMostDamping; ++step) {
    const Normal n = normal_equations(target, curve);
    const double aa = n.aa * (1.0 + damping), bb = n.bb * (1.0 + damping);
    const double determinant = aa * bb - n.ab * n.ab;
    const double da = (n.ab * n.rb - bb * n.ra) / determinant, db = (n.ab * n.ra - aa * n.rb) / determinant;
    const UmapCurve next{curve.a + da, curve.b + db};
    const double next_error = next.a > 0.0 && next.b > 0.0 ? squared_error(target, next) : error;
    if (!(next_error < error)) {
      damping *= 4.0;
      continue;
    }
    curve = next;
    error = next_error;
    damping = std::max(damping / 4.0, 1e-12);
    if (std::abs(da) < kSmallStep * curve.a && std::abs(db) < kSmallStep * curve.b) break;
  }
  return curve;
}

}  // namespace latent::space

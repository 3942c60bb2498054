#include <latent/space/editing/traverse.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent::space {

std::vector<Dimension> rank_dimensions(const Tensor& mu, const Tensor& stddev, const Tensor& scales) {
  LATENT_CHECK(mu.defined() && mu.ndim() == 2 && mu.dtype() == DType::f32 && mu.numel() > 0,
               "[rank_dimensions] mu (N, D): expected f32, not empty, got {}",
               mu.defined() ? mu.shape().str() : "undefined");
  LATENT_CHECK(stddev.defined() && stddev.shape() == mu.shape() && stddev.dtype() == DType::f32,
               "[rank_dimensions] stddev: expected {} f32, got {}", mu.shape().str(),
               stddev.defined() ? stddev.shape().str() : "undefined");
  const int64_t N = mu.dim(0), D = mu.dim(1);
  LATENT_CHECK(!scales.defined() || (scales.shape() == Shape{D} && scales.dtype() == DType::f32),
               "[rank_dimensions] scales ({}) f32 expected, got {}", D, scales.shape().str());
  const auto unit = [&](int64_t d) { return scales.defined() ? double{scales.data<float>()[d]} : 1.0; };
  const bool points = std::ranges::all_of(stddev.span<float>(), [](float width) { return width == 0.0F; });
  std::vector<Dimension> dimensions(static_cast<size_t>(D));
  double largest = 0.0;
  for (int64_t d = 0; d < D; ++d) {
    Dimension& dimension = dimensions[static_cast<size_t>(d)];
    double sum = 0.0, squares = 0.0, kl = 0.0;
    for (int64_t i = 0; i < N; ++i) sum += static_cast<double>(mu.data<float>()[i * D + d]);
    const double mean = sum / static_cast<double>(N);
    for (int64_t i = 0; i < N; ++i) {
      const double m = mu.data<float>()[i * D + d], s = stddev.data<float>()[i * D + d];
      squares += (m - mean) * (m - mean);
      kl += 0.5 * ((m * m + s * s) / (unit(d) * unit(d)) - 1.0) - std::log(s / unit(d));
    }
    dimension = {.index = d, .mean = mean, .stddev = std::sqrt(squares / static_cast<double>(N))};
    dimension.kl = points ? std::numeric_limits<double>::quiet_NaN() : kl / static_cast<double>(N);
    largest = std::max(largest, dimension.stddev * dimension.stddev);  // point posteriors, which have no unit
  }
  constexpr double kActive = 0.01, kLeastKl = 0.1, kActiveShare = 1e-4;
  for (Dimension& dimension : dimensions) {
    const double variance = dimension.stddev * dimension.stddev;
    const double least = kActive * unit(dimension.index) * unit(dimension.index);
    dimension.active = points ? variance > kActiveShare * largest : variance > least && dimension.kl > kLeastKl;
  }
  const auto activity = [&](const Dimension& dimension) { return points ? dimension.stddev : dimension.kl; };
  std::stable_sort(dimensions.begin(), dimensions.end(),
                   [&](const Dimension& a, const Dimension& b) { return activity(a) > activity(b); });
  return dimensions;
}

Tensor traverse(const Tensor& from, std::span<const int64_t> dimensions, const Tensor& values) {
  LATENT_CHECK(from.defined() && from.ndim() == 1 && from.dtype() == DType::f32, "[traverse] from (D): f32, got {}",
               from.defined() ? from.shape().str() : "undefined");
  const auto K = static_cast<int64_t>(dimensions.size());
  LATENT_CHECK(values.defined() && values.ndim() == 2 && values.dtype() == DType::f32 && values.dim(0) == K,
               "[traverse] values (K, steps): expected K = {}, got {}", K,
               values.defined() ? values.shape().str() : "undefined");
  const int64_t D = from.dim(0), steps = values.dim(1);
  Tensor codes = Tensor::empty({K * steps, D});
  for (int64_t k = 0; k < K; ++k) {
    const int64_t dimension = dimensions[static_cast<size_t>(k)];
    LATENT_CHECK(0 <= dimension && dimension < D, "[traverse] dimension {} of {}", dimension, D);
    for (int64_t step = 0; step < steps; ++step) {
      const int64_t at = k * steps + step;
      codes.rows(at, at + 1).copy_from(from.view_as({1, D}));
      codes.data<float>()[at * D + dimension] = values.data<float>()[at];
    }
  }
  return codes;
}

}  // namespace latent::space

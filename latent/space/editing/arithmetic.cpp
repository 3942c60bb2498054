#include <latent/space/editing/arithmetic.hpp>

#include <algorithm>
#include <cmath>

namespace latent::space {

namespace {

double length_of(std::span<const float> code) {
  double squares = 0.0;
  for (const float value : code) squares += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(squares);
}

}  // namespace

Tensor combine(const Tensor& operands, std::span<const double> factors, Path path, double typical_length) {
  LATENT_CHECK(operands.defined() && operands.ndim() == 2 && operands.dtype() == DType::f32 && operands.numel() > 0,
               "[combine] operands (K, D): expected f32, not empty, got {}",
               operands.defined() ? operands.shape().str() : "undefined");
  LATENT_CHECK(static_cast<int64_t>(factors.size()) == operands.dim(0), "[combine] factors: expected {}, got {}",
               operands.dim(0), factors.size());
  LATENT_CHECK(std::ranges::all_of(factors, [](double factor) { return std::isfinite(factor); }),
               "[combine] factors: expected finite numbers");
  const auto D = static_cast<size_t>(operands.dim(1));
  std::vector<double> sum(D);
  double weight = 0.0;
  for (size_t k = 0; k < factors.size(); ++k) {
    if (factors[k] == 0.0) continue;
    const std::span<const float> code = operands.span<float>().subspan(k * D, D);
    LATENT_CHECK(std::ranges::all_of(code, [](float value) { return std::isfinite(value); }),
                 "[combine] operand {} is not finite", k);
    double factor = factors[k];
    if (path == Path::spherical) {
      const double length = length_of(code);
      factor = length > 0.0 ? factor / length : 0.0;
    }
    weight += std::abs(factors[k]);
    for (size_t d = 0; d < D; ++d) sum[d] += factor * static_cast<double>(code[d]);
  }
  std::vector<float> result(D);
  double scale = 1.0;
  if (path == Path::spherical) {
    LATENT_CHECK(typical_length > 0.0 && std::isfinite(typical_length),
                 "[combine] typical_length: expected above 0, got {}", typical_length);
    double squares = 0.0;
    for (const double value : sum) squares += value * value;
    constexpr double kLeast = 1e-6;  // of the factors: less is what rounding leaves of directions that cancel
    LATENT_CHECK(std::sqrt(squares) > kLeast * weight, "[combine] the directions of the operands cancel each other");
    scale = typical_length / std::sqrt(squares);
  }
  for (size_t d = 0; d < D; ++d) result[d] = static_cast<float>(scale * sum[d]);
  return Tensor::from(result, {operands.dim(1)});
}

double typical_length(const Tensor& codes) {
  LATENT_CHECK(codes.defined() && codes.ndim() == 2 && codes.dtype() == DType::f32 && codes.numel() > 0,
               "[typical_length] codes (N, D): expected f32, not empty, got {}",
               codes.defined() ? codes.shape().str() : "undefined");
  const auto D = static_cast<size_t>(codes.dim(1));
  std::vector<double> lengths(static_cast<size_t>(codes.dim(0)));
  for (size_t i = 0; i < lengths.size(); ++i) lengths[i] = length_of(codes.span<float>().subspan(i * D, D));
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
  std::nth_element(lengths.begin(), middle, lengths.end());
  return *middle;
}

}  // namespace latent::space

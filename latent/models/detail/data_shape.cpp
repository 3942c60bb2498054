#include <latent/models/detail/data_shape.hpp>

#include <latent/core/error.hpp>

namespace latent {

Shape data_shape_in(const JsonFields& fields, std::string_view forms, size_t most_sizes) {
  constexpr int64_t kMostValues = int64_t{1} << 24;
  const std::vector<int64_t> sizes = fields.integers("data_shape", std::nullopt, most_sizes, 1, kMostValues);
  LATENT_CHECK(!sizes.empty(), "[model] data_shape: expected {}, got no sizes", forms);
  double numel = 1.0;
  for (const int64_t size : sizes) numel *= static_cast<double>(size);
  LATENT_CHECK(numel <= static_cast<double>(kMostValues), "[model] data_shape: at most {} values in a sample, got {}",
               kMostValues, numel);
  return Shape(std::span<const int64_t>(sizes));
}

nlohmann::json data_shape_json(const Shape& shape) {
  return std::vector<int64_t>(shape.sizes().begin(), shape.sizes().end());
}

}  // namespace latent

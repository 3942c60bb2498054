#pragma once
// From stored values to floats: the inner loops of gathering a batch.

#include <latent/data/dataset.hpp>

namespace latent::data {

/// A transform, ready for the inner loops.
struct ValueMap {
  /// @param transform  of no, one or `columns` values
  /// @throws std::invalid_argument if it has another number of values
  ValueMap(const Transform& transform, int64_t columns);

  enum class Mode : uint8_t { identity, uniform, columns, impute } mode = Mode::identity;
  std::vector<double> shift, scale, impute;
};

/// Writes n stored values, transformed, to `out`.
using Converter = void (*)(const void* stored, float* out, int64_t n, const ValueMap& map);

/// The loops for a stored type. @throws std::invalid_argument for bf16
Converter converter(DType dtype);

/// (pixels, channels) -> (channels, pixels).
void channels_first(const float* in, float* out, int64_t pixels, int64_t channels);

/// Whether all values are finite.
bool all_finite(const float* values, int64_t n);

}  // namespace latent::data

#include <latent/data/convert.hpp>

#include <latent/data/dispatch.hpp>

#include <bit>
#include <cmath>

namespace latent::data {

namespace {

// Each loop has one form of the transform, no branch and no call, so that the compiler vectorises it. All but bytes are
// computed in double: a time stamp minus its mean has no digits left in single precision.
template <class T>
void convert(const void* stored, float* __restrict out, int64_t n, const ValueMap& map) {
  using Wide = std::conditional_t<std::is_same_v<T, uint8_t>, float, double>;
  const T* __restrict in = static_cast<const T*>(stored);
  switch (map.mode) {
    case ValueMap::Mode::identity: {
      for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(in[i]);
      return;
    }
    case ValueMap::Mode::uniform: {
      const auto shift = static_cast<Wide>(map.shift[0]), scale = static_cast<Wide>(map.scale[0]);
      for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>((static_cast<Wide>(in[i]) - shift) * scale);
      return;
    }
    case ValueMap::Mode::columns: {
      const double* __restrict shift = map.shift.data();
      const double* __restrict scale = map.scale.data();
      for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>((static_cast<double>(in[i]) - shift[i]) * scale[i]);
      return;
    }
    case ValueMap::Mode::impute: {
      const double* __restrict shift = map.shift.data();
      const double* __restrict scale = map.scale.data();
      const double* __restrict impute = map.impute.data();
      for (int64_t i = 0; i < n; ++i) {
        const auto value = static_cast<double>(in[i]);
        const double present = std::isnan(value) ? impute[i] : value;
        out[i] = static_cast<float>((present - shift[i]) * scale[i]);
      }
      return;
    }
  }
}

}  // namespace

ValueMap::ValueMap(const Transform& transform, int64_t columns)
    : shift(transform.shift), scale(transform.scale), impute(transform.impute) {
  const auto count = static_cast<int64_t>(shift.size());
  LATENT_CHECK(count <= 1 || count == columns, "the standardisation has {} columns, the data has {}", count, columns);
  LATENT_CHECK(scale.size() == shift.size(), "[transform] {} shifts, but {} scales", shift.size(), scale.size());
  LATENT_CHECK(impute.empty() || impute.size() == shift.size(), "[transform] {} shifts, but {} values to impute",
               shift.size(), impute.size());
  if (count == 1 && columns == 1 && !impute.empty()) {
    mode = Mode::impute;
  } else if (count == 1) {
    LATENT_CHECK(impute.empty(), "[transform] 1 value to impute, but {} columns", columns);
    mode = Mode::uniform;
  } else if (count > 1) {
    mode = impute.empty() ? Mode::columns : Mode::impute;
  }
}

Converter converter(DType dtype) {
  return with_stored_type(dtype, [](auto* type) -> Converter { return convert<Stored<decltype(type)>>; });
}

void channels_first(const float* in, float* out, int64_t pixels, int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t p = 0; p < pixels; ++p) out[c * pixels + p] = in[p * channels + c];
  }
}

bool all_finite(const float* values, int64_t n) {
  // Comparing the exponent's bits keeps the loop free of branches; NaN and infinity have all of them set.
  constexpr uint32_t kExponent = 0x7f800000u;
  uint32_t bad = 0;
  for (int64_t i = 0; i < n; ++i) bad |= (std::bit_cast<uint32_t>(values[i]) & kExponent) == kExponent ? 1u : 0u;
  return bad == 0;
}

}  // namespace latent::data

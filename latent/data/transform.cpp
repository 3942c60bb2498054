#include <latent/core/detail/json_value.hpp>
#include <latent/data/dataset.hpp>

#include <cmath>

namespace latent::data {

namespace {

std::vector<double> numbers(const nlohmann::json& json, const char* key) {
  if (!json.contains(key)) return {};
  const nlohmann::json& list = json.at(key);
  LATENT_CHECK(list.is_array(), "[transform] '{}': expected a list of numbers, got {}", key, list.type_name());
  std::vector<double> values;
  values.reserve(list.size());
  for (const nlohmann::json& value : list) {
    LATENT_CHECK(value.is_number(), "[transform] '{}': expected numbers, got {}", key, value.type_name());
    values.push_back(value.get<double>());
    LATENT_CHECK(std::isfinite(values.back()), "[transform] '{}': expected finite numbers, got {}", key, values.back());
  }
  return values;
}

// Each of `of` repeated: `inner` times in a row, and all of them `outer` times.
std::vector<double> spread(const std::vector<double>& of, int64_t outer, int64_t inner) {
  std::vector<double> all;
  all.reserve(static_cast<size_t>(outer * inner) * of.size());
  for (int64_t o = 0; o < outer; ++o) {
    for (const double value : of) all.insert(all.end(), static_cast<size_t>(inner), value);
  }
  return all;
}

// How many of the smallest steps of a column make 1, or minus how much such a step is: a power of ten, such that a step
// is at most 1e-8 of what one unit of the model is. Single precision has no finer ones there.
double decimal_power(double scale) {
  constexpr double kDigits = 8.0, kMost = 300.0;
  const double decimals = std::ceil(kDigits + std::log10(std::abs(scale)));
  if (!(std::abs(decimals) <= kMost)) return 0.0;
  return decimals >= 0.0 ? std::pow(10.0, decimals) : -std::pow(10.0, -decimals);
}

// The nearest multiple of such a step, which has few digits; the value itself where double has none to spare.
double in_decimals(double value, double power) {
  constexpr double kWhole = 9007199254740992.0;  // 2^53
  if (power == 0.0) return value;
  if (power < 0.0) return std::round(value / -power) * -power;
  const double steps = value * power;
  return std::abs(steps) < kWhole ? std::round(steps) / power : value;
}

// A model value in stored units, with no more digits than single precision leaves it: the few of a number such as 0, 1
// or 12.34 where that is the same model value up to its last bit, else the steps of decimal_power().
double in_few_decimals(double x, double scale, double shift, double power) {
  constexpr double kCoarser = 1000.0, kLastBit = 0x1p-23;
  const double value = x / scale + shift;
  const double few = power > 0.0 ? std::round(value * power / kCoarser) / (power / kCoarser) : value;
  if (power > 0.0 && std::abs(few - value) <= kLastBit * std::abs(x / scale)) return few;
  return in_decimals(value, power);
}

}  // namespace

Transform Transform::per_value(const Shape& sample_shape) const {
  const auto count = static_cast<int64_t>(shift.size());
  if (count <= 1 || count == sample_shape.numel()) return *this;
  const bool is_series = sample_shape.ndim() == 2 && impute.empty();  // (C, L), as (C, 1, L)
  const bool is_image = is_series || (sample_shape.ndim() == 3 && impute.empty());
  const int64_t C = is_image ? sample_shape[0] : 0,
                H = is_series  ? 1
                    : is_image ? sample_shape[1]
                               : 0,
                W = is_image ? sample_shape[sample_shape.ndim() - 1] : 0;
  int64_t outer = 0, inner = 0;
  if (is_image && C == count) {
    outer = 1, inner = H * W;
  } else if (C == 1 && W == count) {
    outer = H, inner = 1;
  } else if (C == 1 && H == count) {
    outer = 1, inner = W;
  }
  LATENT_CHECK(outer > 0, "the standardisation has {} columns, the data has {}", count,
               is_image ? "samples " + sample_shape.str() : fmt::format("{}", sample_shape.numel()));
  return {spread(shift, outer, inner), spread(scale, outer, inner), {}, range};
}

Tensor Transform::inverse(const Tensor& x) const {
  LATENT_CHECK(x.dtype() == DType::f32, "[transform] x f32 expected, got {}", name_of(x.dtype()));
  Tensor units = x.to(DType::f64);
  if (identity()) return units;
  const Transform all = per_value(x.shape().tail());
  const size_t values = all.shift.size();
  const std::span<double> elements = units.span<double>();
  std::vector<double> steps;
  for (const double scale : all.scale) steps.push_back(decimal_power(scale));
  for (size_t i = 0; i < elements.size(); ++i) {
    const size_t c = i % values;
    elements[i] = in_few_decimals(elements[i], all.scale[c], all.shift[c], steps[c]) + 0.0;  // no -0
  }
  return units;
}

Json Transform::to_json() const {
  nlohmann::json json = {{"shift", shift}, {"scale", scale}, {"impute", impute}};
  if (!range.empty()) json["range"] = range;
  return json;
}

Transform Transform::from_json(const Json& json) {
  LATENT_CHECK(json->is_object(), "[transform] expected an object, got {}", json->type_name());
  for (const auto& [key, value] : json->items()) {
    LATENT_CHECK(key == "shift" || key == "scale" || key == "impute" || key == "range", "[transform] unknown key '{}'",
                 key);
  }
  Transform transform{numbers(*json, "shift"), numbers(*json, "scale"), numbers(*json, "impute"),
                      numbers(*json, "range")};
  LATENT_CHECK(transform.range.empty() || (transform.range.size() == 2 && transform.range[0] <= transform.range[1]),
               "[transform] 'range': expected the smallest and the largest value");
  LATENT_CHECK(transform.shift.size() == transform.scale.size(), "[transform] {} shifts, but {} scales",
               transform.shift.size(), transform.scale.size());
  LATENT_CHECK(transform.impute.empty() || transform.impute.size() == transform.shift.size(),
               "[transform] {} shifts, but {} values to impute", transform.shift.size(), transform.impute.size());
  return transform;
}

}  // namespace latent::data

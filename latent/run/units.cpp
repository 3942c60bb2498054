#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent {

Tensor to_units(const Run& run, const Tensor& values) {
  if (!run.data || !run.data->open.transform) return values;
  const data::Transform& transform = *run.data->open.transform;
  const bool are_pictures = run.kind() == data::Kind::images && transform.of_pixels();
  if (are_pictures || transform.identity()) return values;
  return transform.inverse(values);
}

Tensor for_pictures(const Run& run, const Tensor& x) {
  if (run.kind() != data::Kind::images || !run.data || !run.data->open.transform) return x;
  const data::Transform& transform = *run.data->open.transform;
  if (transform.of_pixels() || transform.range.size() != 2) return x;
  const double low = transform.range[0], extent = transform.range[1] - low;
  const Tensor units = transform.inverse(x);
  Tensor shown = Tensor::empty(x.shape());
  std::ranges::transform(units.span<double>(), shown.span<float>().begin(), [&](double value) {
    return extent > 0.0 ? static_cast<float>((value - low) / extent) : 0.5f;
  });
  return shown;
}

std::vector<std::string> value_names(const Run& run, int64_t count) {
  if (run.data && static_cast<int64_t>(run.data->column_names.size()) == count) return run.data->column_names;
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(fmt::format("column_{}", i));
  return names;
}

}  // namespace latent

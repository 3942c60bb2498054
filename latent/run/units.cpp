#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <span>

namespace latent {

namespace {

// The whole numbers and short decimals of a table's columns. Single precision loses some of their last digits where the
// column is standardised: 2 comes back as 1.99999996. What lies so near to a number of as few decimals as the column's
// steps have is that number.
void round_to_steps(const Run& run, const data::Transform& transform, Tensor& units) {
  const nlohmann::json config = run.model->config();
  const nlohmann::json& likelihood = config.at("likelihood");
  if (!likelihood.contains("columns") || transform.scale.size() != likelihood.at("columns").size()) return;
  constexpr double kRounding = 4e-7;  // of the largest model value of the column
  constexpr int kMostDecimals = 6;
  const std::span<double> values = units.span<double>();
  const size_t columns = transform.scale.size();
  for (size_t c = 0; c < columns; ++c) {
    const nlohmann::json& column = likelihood.at("columns")[c];
    if (!column.contains("step")) continue;
    const double scale = std::abs(transform.scale[c]), step = column.at("step").get<double>() / scale;
    const double largest =
        std::max({1.0, std::abs(column.at("low").get<double>()), std::abs(column.at("high").get<double>())});
    const double tolerance = kRounding * largest / scale;
    double power = 1.0;
    for (int d = 0; d < kMostDecimals && std::abs(std::round(step * power) / power - step) > tolerance; ++d)
      power *= 10;
    if (std::abs(std::round(step * power) / power - step) > tolerance) continue;
    for (size_t i = c; i < values.size(); i += columns) {
      const double rounded = std::round(values[i] * power) / power;
      if (std::abs(rounded - values[i]) <= tolerance) values[i] = rounded + 0.0;  // no -0
    }
  }
}

}  // namespace

Tensor to_units(const Run& run, const Tensor& values) {
  if (!run.data || !run.data->open.transform) return values;
  const data::Transform& transform = *run.data->open.transform;
  const bool are_pictures = run.kind() == data::Kind::images && transform.of_pixels();
  if (are_pictures || transform.identity()) return values;
  Tensor units = transform.inverse(values);
  if (run.kind() == data::Kind::table) round_to_steps(run, transform, units);
  return units;
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

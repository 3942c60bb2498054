#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent {

void round_to_steps(const Run& run, std::span<const int64_t> columns, Tensor& units) {
  if (run.kind() != data::Kind::table || !run.data || !run.data->open.transform) return;
  const std::vector<double>& scales = run.data->open.transform->scale;
  const nlohmann::json config = run.model->config();
  const nlohmann::json& likelihood = config.at("likelihood");
  if (!likelihood.contains("columns") || scales.size() != likelihood.at("columns").size()) return;
  constexpr double kRounding = 4e-7;  // of the largest model value of the column
  constexpr int kMostDecimals = 6;
  const std::span<double> values = units.span<double>();
  for (size_t k = 0; k < columns.size(); ++k) {
    const auto c = static_cast<size_t>(columns[k]);
    const nlohmann::json& column = likelihood.at("columns")[c];
    if (!column.contains("step")) continue;
    const double scale = std::abs(scales[c]), step = column.at("step").get<double>() / scale;
    const double largest =
        std::max({1.0, std::abs(column.at("low").get<double>()), std::abs(column.at("high").get<double>())});
    const double tolerance = kRounding * largest / scale;
    const auto rounded_to = [](double value, double power) { return std::round(value * power) / power; };
    double power = 1.0;
    for (int d = 0; d < kMostDecimals && std::abs(rounded_to(step, power) - step) > tolerance; ++d) power *= 10.0;
    if (std::abs(rounded_to(step, power) - step) > tolerance) continue;
    for (size_t i = k; i < values.size(); i += columns.size()) {
      const double rounded = rounded_to(values[i], power);
      if (std::abs(rounded - values[i]) <= tolerance) values[i] = rounded + 0.0;  // no -0
    }
  }
}

Tensor to_units(const Run& run, const Tensor& values) {
  if (!run.data || !run.data->open.transform) return values;
  const data::Transform& transform = *run.data->open.transform;
  const bool are_pictures = run.kind() == data::Kind::images && transform.of_pixels();
  if (are_pictures || transform.identity()) return values;
  Tensor units = transform.inverse(values);
  if (run.kind() == data::Kind::table) {
    std::vector<int64_t> all(transform.scale.size());
    std::iota(all.begin(), all.end(), int64_t{0});
    round_to_steps(run, all, units);
  }
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

#include <latent/run/kinds/value_chain.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/run/tables/drawn_rows.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

constexpr double kRounding = 4e-7;  // of the largest model value of a column

// One column of a table, of `values.size() / stride` rows.
// @param column  what the likelihood knows of it: its steps, in model values
void round_to_steps(const nlohmann::json& column, double scale, std::span<double> values, size_t stride) {
  constexpr int kMostDecimals = 6;
  const double step = column.at("step").get<double>() / scale;
  const double largest =
      std::max({1.0, std::abs(column.at("low").get<double>()), std::abs(column.at("high").get<double>())});
  const double tolerance = kRounding * largest / scale;
  const auto rounded_to = [](double value, double power) { return std::round(value * power) / power; };
  double power = 1.0;
  for (int d = 0; d < kMostDecimals && std::abs(rounded_to(step, power) - step) > tolerance; ++d) power *= 10.0;
  if (std::abs(rounded_to(step, power) - step) > tolerance) return;
  for (size_t i = 0; i < values.size(); i += stride) {
    const double rounded = rounded_to(values[i], power);
    if (std::abs(rounded - values[i]) <= tolerance) values[i] = rounded + 0.0;  // no -0
  }
}

// By what the run's record knows of its columns.
ValueLink steps_of_training(const Run& run) {
  return [known = run.data->columns, all = run.transform().per_value(run.model->data_shape())](
             const Tensor& values, std::span<const int64_t> columns) {
    Tensor units = values.to(DType::f64);
    const size_t count = columns.empty() ? known.size() : columns.size();
    for (size_t k = 0; k < count; ++k) {
      const size_t c = columns.empty() ? k : static_cast<size_t>(columns[k]);
      const ColumnValues& column = known[c];
      if (column.step <= 0.0) continue;
      const double largest =
          std::max(std::abs(column.values.front() - all.shift[c]), std::abs(column.values.back() - all.shift[c]));
      const double tolerance = kRounding * std::max(1.0 / std::abs(all.scale[c]), largest);
      const std::span<double> rows = units.span<double>();
      for (size_t i = k; i < rows.size(); i += count) {
        const double rounded = column.in_steps(rows[i]);
        if (std::abs(rounded - rows[i]) <= tolerance) rows[i] = rounded;
      }
    }
    return units;
  };
}

}  // namespace

ValueLink scaling(const Run& run) {
  return [all = run.transform(), sample = run.model->data_shape()](const Tensor& values,
                                                                   std::span<const int64_t> columns) {
    if (columns.empty() || all.shift.size() <= 1) return all.inverse(values);
    const data::Transform each = all.per_value(sample);
    data::Transform chosen;
    for (const int64_t column : columns) {
      chosen.shift.push_back(each.shift[static_cast<size_t>(column)]);
      chosen.scale.push_back(each.scale[static_cast<size_t>(column)]);
    }
    return chosen.inverse(values);
  };
}

ValueLink short_decimals(const Run& run) {
  if (knows_column_values(run)) return steps_of_training(run);
  const nlohmann::json::json_pointer at("/likelihood/columns");
  const nlohmann::json known = run.model->config()->value(at, nlohmann::json::array());
  return [known, scales = run.transform().scale](const Tensor& values, std::span<const int64_t> columns) {
    Tensor units = values.to(DType::f64);
    if (scales.size() != known.size()) return units;
    const size_t count = columns.empty() ? scales.size() : columns.size();
    for (size_t k = 0; k < count; ++k) {
      const size_t c = columns.empty() ? k : static_cast<size_t>(columns[k]);
      if (known[c].contains("step")) {
        round_to_steps(known[c], std::abs(scales[c]), units.span<double>().subspan(k), count);
      }
    }
    return units;
  };
}

}  // namespace latent

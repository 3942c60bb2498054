#include <latent/probability/table_columns.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace latent {

namespace {

constexpr auto kKinds = std::to_array<Choice<ColumnKind>>({
    {"gaussian", ColumnKind::gaussian},
    {"student", ColumnKind::student},
    {"binary", ColumnKind::binary},
    {"constant", ColumnKind::constant},
});

constexpr double kLargestLevel = 1e30;

TableColumn column_from_json(const nlohmann::json& json) {
  LATENT_CHECK(json.is_object(), "[table] a column: expected an object, got {}", printable(json));
  const ColumnKind kind = choose(
      "kind of column", JsonFields("column", json, {"kind", "low", "high", "step", "value"}).text("kind"), kKinds);
  TableColumn column{.kind = kind};
  switch (kind) {
    case ColumnKind::gaussian:
    case ColumnKind::student: {
      if (!json.contains("step")) {
        JsonFields("column", json, {"kind"});
        break;
      }
      const JsonFields fields("column", json, {"kind", "low", "high", "step"});
      column.low = fields.number("low", {}, -kLargestLevel, kLargestLevel);
      column.high = fields.number("high", {}, -kLargestLevel, kLargestLevel);
      column.step = fields.number("step", {}, 0.0, kLargestLevel);
      if (!(column.low < column.high)) fields.refuse("high", fmt::format("expected more than low = {}", column.low));
      break;
    }
    case ColumnKind::constant:
      column.low = JsonFields("column", json, {"kind", "value"}).number("value", {}, -kLargestLevel, kLargestLevel);
      break;
    case ColumnKind::binary: {
      const JsonFields fields("column", json, {"kind", "low", "high"});
      column.low = fields.number("low", {}, -kLargestLevel, kLargestLevel);
      column.high = fields.number("high", {}, -kLargestLevel, kLargestLevel);
      if (!(column.low < column.high)) fields.refuse("high", fmt::format("expected more than low = {}", column.low));
      break;
    }
  }
  return column;
}

struct Fit {
  double location = 0.0, scale = 1.0;
};

// Mean log density of a Gaussian with the values' own mean and variance.
double gaussian_score(const Fit& moments) {
  return -0.5 * std::log(2.0 * std::numbers::pi) - std::log(moments.scale) - 0.5;
}

// Mean log density of Student's t at its best location and scale, which EM finds from the moments on.
// Source: Liu & Rubin 1995, "ML estimation of the t distribution using EM and its extensions, ECM and ECME".
double student_score(std::span<const float> values, Fit fit) {
  constexpr int kIterations = 50;
  constexpr double kSmallest = 1e-3;  // of the standard deviation: repeated values must not draw the scale to zero
  const auto n = static_cast<double>(values.size());
  const double floor = kSmallest * fit.scale;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    double weights = 0.0, sum = 0.0, squares = 0.0;
    for (const float value : values) {
      const double d = (value - fit.location) / fit.scale;
      const double weight = (kStudentDf + 1.0) / (kStudentDf + d * d);
      weights += weight;
      sum += weight * value;
    }
    fit.location = sum / weights;
    for (const float value : values) {
      const double distance = value - fit.location, d = distance / fit.scale;
      squares += (kStudentDf + 1.0) / (kStudentDf + d * d) * distance * distance;
    }
    fit.scale = std::max(std::sqrt(squares / n), floor);
  }
  double tails = 0.0;
  for (const float value : values) {
    const double d = (value - fit.location) / fit.scale;
    tails += std::log1p(d * d / kStudentDf);
  }
  return kStudentLogGammas - 0.5 * std::log(kStudentDf * std::numbers::pi) - std::log(fit.scale) -
         (kStudentDf + 1.0) / 2.0 * tails / n;
}

// The step of the lattice that all values lie on, or 0: the smallest distance between two of them, if all others are
// multiples of it up to the rounding of single precision.
double step_of(std::span<const float> values) {
  constexpr size_t kLeastValues = 100;
  constexpr double kMostSteps = 1 << 16, kRounding = 0x1p-22, kOff = 0.05;
  if (values.size() < kLeastValues) return 0.0;
  std::vector<float> distinct(values.begin(), values.end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() > values.size() / 2) return 0.0;  // numbers that hardly ever come twice
  double step = std::numeric_limits<double>::infinity();
  for (size_t i = 1; i < distinct.size(); ++i) step = std::min(step, double{distinct[i]} - double{distinct[i - 1]});
  const double low = distinct.front(), range = double{distinct.back()} - low;
  const double noise = kRounding * std::max(std::abs(low), std::abs(low + range));
  if (!(step > 0.0) || range / step > kMostSteps || noise > kOff * step) return 0.0;
  // The whole range knows the step better than its smallest part does.
  step = range / std::round(range / step);
  const bool fits = std::ranges::all_of(distinct, [&](float value) {
    const double steps = (value - low) / step;
    return std::abs(steps - std::round(steps)) * step <= noise + 1e-3 * step;
  });
  return fits ? step : 0.0;
}

}  // namespace

std::string_view name_of(ColumnKind kind) {
  return std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& choice) { return choice.value == kind; })->name;
}

Json columns_to_json(const std::vector<TableColumn>& columns) {
  nlohmann::json json = nlohmann::json::array();
  for (const TableColumn& column : columns) {
    nlohmann::json entry = {{"kind", name_of(column.kind)}};
    if (column.kind == ColumnKind::constant) entry["value"] = column.low;
    if (column.kind == ColumnKind::binary) entry.update({{"low", column.low}, {"high", column.high}});
    if (column.step > 0.0) entry.update({{"low", column.low}, {"high", column.high}, {"step", column.step}});
    json.push_back(entry);
  }
  return json;
}

std::vector<TableColumn> columns_from_json(const Json& json) {
  LATENT_CHECK(json->is_array(), "[table] columns: expected a list, got {}", printable(*json));
  std::vector<TableColumn> columns;
  columns.reserve(json->size());
  for (const nlohmann::json& entry : *json) columns.push_back(column_from_json(entry));
  return columns;
}

TableColumn column_of(std::span<const float> values) {
  LATENT_CHECK(!values.empty(), "[column_of] no values");
  const float first = values.front();
  const auto other = std::find_if(values.begin(), values.end(), [&](float value) { return value != first; });
  if (other == values.end()) return {.kind = ColumnKind::constant, .low = first, .high = 1.0};
  const float second = *other;
  const bool two = std::all_of(other, values.end(), [&](float value) { return value == first || value == second; });
  if (two) return {.kind = ColumnKind::binary, .low = std::min(first, second), .high = std::max(first, second)};

  const auto n = static_cast<double>(values.size());
  Fit moments{.location = 0.0, .scale = 0.0};
  for (const float value : values) moments.location += value / n;
  for (const float value : values) moments.scale += std::pow(value - moments.location, 2) / n;
  moments.scale = std::sqrt(moments.scale);
  const double gain = n * (student_score(values, moments) - gaussian_score(moments));
  TableColumn column{.kind = gain > 0.5 * std::log(n) ? ColumnKind::student : ColumnKind::gaussian};
  if (const double step = step_of(values); step > 0.0) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    column.low = *low, column.high = *high, column.step = step;
  }
  return column;
}

}  // namespace latent

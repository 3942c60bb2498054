#include <latent/run/tables/column_values.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent {

namespace {

constexpr size_t kFewValues = 32;
constexpr double kFrequent = 0.01;

bool are_multiples(std::span<const double> values, double step) {
  constexpr double kRounding = 1e-9;  // of a step, and of what double precision leaves of large values
  return std::ranges::all_of(values, [=](double value) {
    const double steps = value / step;
    return std::abs(steps - std::round(steps)) <= kRounding * std::max(1.0, std::abs(steps) * 1e-4);
  });
}

// The largest of 10^k, 5 * 10^k, 2.5 * 10^k and 2 * 10^k that divides all values; 0 where none from 10^-6 on does.
double step_of(std::span<const double> values) {
  constexpr int kLargestPower = 9, kSmallestPower = -6;
  constexpr double kMostSteps = 1e12;  // beyond, doubles cannot tell
  constexpr std::array kFactors = {5.0, 2.5, 2.0, 1.0};
  const double largest = std::max(std::abs(values.front()), std::abs(values.back()));
  if (largest == 0.0) return 0.0;
  for (int power = kLargestPower; power >= kSmallestPower; --power) {
    for (const double factor : kFactors) {
      const double step = power < 0 ? factor / std::pow(10.0, -power) : factor * std::pow(10.0, power);
      if (largest / step > kMostSteps) return 0.0;
      if (step <= largest && are_multiples(values, step)) return step;
    }
  }
  return 0.0;
}

// Shares at which quantiles are kept: hundredths, and towards both ends of n values doubling distances from 1 / n on.
std::vector<double> kept_shares(size_t n) {
  constexpr int kHundred = 100;
  std::vector<double> shares;
  for (int i = 1; i < kHundred; ++i) shares.push_back(static_cast<double>(i) / kHundred);
  for (double end = 1.0 / static_cast<double>(n); end < 1.0 / kHundred; end *= 2.0) {
    shares.push_back(end);
    shares.push_back(1.0 - end);
  }
  std::ranges::sort(shares);
  return shares;
}

}  // namespace

double ColumnValues::in_steps(double value) const {
  if (step <= 0.0) return value;
  // 1 / step is a whole number then, and dividing by it rounds once: 12.34, not 12.340000000000002.
  if (step < 1.0) {
    const double per_one = std::round(1.0 / step);
    return std::round(value * per_one) / per_one + 0.0;  // no -0
  }
  return std::round(value / step) * step + 0.0;
}

double ColumnValues::quantile(double share) const {
  const auto above = std::ranges::upper_bound(shares, share);
  if (above == shares.end()) return values.back();
  const auto i = static_cast<size_t>(above - shares.begin());
  if (i == 0) return values.front();
  const double low = values[i - 1], high = values[i];
  if (low == high) return low;
  const double part = (share - shares[i - 1]) / (shares[i] - shares[i - 1]);
  return std::clamp(in_steps(low + part * (high - low)), low, high);
}

Json column_values_to_json(const std::vector<ColumnValues>& columns) {
  nlohmann::json json = nlohmann::json::array();
  for (const ColumnValues& column : columns) {
    json.push_back({{"values", column.values}, {"shares", column.shares}, {"step", column.step}});
  }
  return json;
}

std::vector<ColumnValues> column_values_from_json(const Json& json) {
  std::vector<ColumnValues> columns;
  try {
    for (const nlohmann::json& entry : *json) {
      columns.push_back({entry.at("values").get<std::vector<double>>(), entry.at("shares").get<std::vector<double>>(),
                         entry.at("step").get<double>()});
    }
  } catch (const nlohmann::json::exception&) {
    detail::throw_invalid_argument("the values of its columns are missing or of another type");
  }
  for (const ColumnValues& column : columns) {
    const bool fits = !column.values.empty() && column.values.size() == column.shares.size() && column.step >= 0.0 &&
                      std::ranges::is_sorted(column.values) && std::ranges::is_sorted(column.shares) &&
                      column.shares.front() == 0.0 && column.shares.back() == 1.0;
    LATENT_CHECK(fits, "values of a column: expected as many ascending shares, from 0 to 1, as ascending values");
  }
  return columns;
}

ColumnValues column_values_of(std::vector<double> values) {
  LATENT_CHECK(!values.empty(), "[column_values_of] no values");
  std::ranges::sort(values);
  const size_t N = values.size();
  const auto n = static_cast<double>(N);
  size_t different = 1;
  for (size_t i = 1; i < N; ++i) different += values[i] != values[i - 1] ? 1 : 0;
  const bool are_few = different <= kFewValues && (different < N || N == 1);
  const std::vector<double> kept = kept_shares(N);
  auto next = kept.begin();
  ColumnValues column;
  column.step = step_of(values);
  const auto add = [&](double value, double share) {
    column.values.push_back(value);
    column.shares.push_back(share);
  };
  for (size_t i = 0; i < N;) {
    size_t end = i + 1;
    while (end < N && values[end] == values[i]) ++end;
    const double before = static_cast<double>(i) / n, upto = static_cast<double>(end) / n;
    const bool is_frequent = end - i > 1 && (are_few || static_cast<double>(end - i) >= kFrequent * n);
    const bool is_due = next != kept.end() && *next <= upto;
    while (next != kept.end() && *next <= upto) ++next;
    if (are_few || is_frequent) {
      add(values[i], before);
      add(values[i], upto);
    } else if (i == 0 || end == N) {
      add(values[i], i == 0 ? 0.0 : 1.0);
    } else if (is_due) {
      add(values[i], (before + upto) / 2.0);
    }
    i = end;
  }
  return column;
}

}  // namespace latent

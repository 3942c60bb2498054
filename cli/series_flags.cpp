#include <cli/series_flags.hpp>

#include <cli/options.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>

#include <fmt/core.h>

#include <utility>

namespace latent::cli {

namespace {

constexpr int64_t kLongestWindow = 1 << 20;

}  // namespace

void SeriesFlags::declare(Arguments& arguments) {
  arguments
      .add_option("--window", window,
                  "rows follow each other in time: samples are windows of so many; all: each series of an array is one")
      ->type_name("STEPS")
      ->group("Data");
  arguments
      .add_option("--window-step", step, "from one window to the next (default: 1, or more where a series is long)")
      ->type_name("STEPS")
      ->check(whole_number(1, kLongestWindow))
      ->group("Data");
  arguments
      .add_option("--time-column", time_column, "column of time stamps, by name or number (default: found by itself)")
      ->type_name("COLUMN")
      ->group("Data");
  arguments
      .add_option("--series-column", series_column,
                  "column that says which series a row belongs to (a machine, a patient): no window lies across two")
      ->type_name("COLUMN")
      ->group("Data");
  arguments
      .add_option("--date-order", date_order,
                  "what comes first in dates such as 01/02/2024: day or month (default: what the column tells)")
      ->type_name("FIRST")
      ->check(one_of({"day", "month"}))
      ->group("Data");
  arguments
      .add_option("--max-gap", max_gap,
                  "so many missing values in a row are drawn as a line; no window lies across more (default: 5)")
      ->type_name("STEPS")
      ->check(whole_number(0, kLongestWindow))
      ->group("Data");
}

void SeriesFlags::check_alone() const {
  if (!window.empty()) return;
  for (const auto& [name, value] :
       {std::pair{"--time-column", &time_column}, {"--series-column", &series_column}, {"--date-order", &date_order}}) {
    if (value->empty()) continue;
    throw UsageError(fmt::format("{} {}: only rows in time have one", name, one_line(*value)),
                     "--window STEPS makes series of rows that follow each other in time.");
  }
}

data::SeriesOverrides SeriesFlags::overrides() const {
  data::SeriesOverrides series{
      .step = step, .max_gap = max_gap, .time_column = time_column, .series_column = series_column};
  if (!date_order.empty()) series.date_order = data::date_order_from(date_order);
  if (window == "all") {
    series.window = data::kWholeSeries;
  } else if (!window.empty()) {
    series.window = parse_number<int64_t>(window);
    if (!series.window || *series.window < 2 || *series.window > kLongestWindow) {
      throw UsageError(fmt::format("--window: expected a whole number from 2 to {}, or all, got '{}'", kLongestWindow,
                                   one_line(window)));
    }
  }
  return series;
}

}  // namespace latent::cli

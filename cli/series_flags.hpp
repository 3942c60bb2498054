#pragma once
// --window, --window-step, --time-column, --series-column, --date-order, --max-gap: how rows in time become windows.

#include <cli/arguments.hpp>

#include <latent/data/series_options.hpp>

#include <optional>
#include <string>

namespace latent::cli {

struct SeriesFlags {
  std::string window, time_column, series_column, date_order;
  std::optional<int64_t> step, max_gap;

  void declare(Arguments& arguments);
  /// @throws UsageError for a --window that is neither a whole number above 1 nor `all`
  data::SeriesOverrides overrides() const;
  /// @throws UsageError for a column or an order of time where nothing says that rows are in time
  void check_alone() const;
};

}  // namespace latent::cli

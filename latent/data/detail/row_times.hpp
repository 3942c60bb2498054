#pragma once
// Private to data/: the times of the rows of a table.

#include <latent/data/dataset.hpp>
#include <latent/data/time_stamps.hpp>
#include <latent/formats/csv.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latent::data {

struct RowTimes {
  std::vector<size_t> columns;      ///< of the table: that of time, and that of the time of day if dates stand alone
  std::string name;                 ///< of the first of them
  std::string clock_name;           ///< of the second; empty without
  std::vector<double> seconds;      ///< of each row, since 1970
  std::vector<std::string> stamps;  ///< of each row, as written; date and time of day with a blank between
  bool is_local = false;            ///< texts without a zone, whose clocks may be put back
  DateOrder order = DateOrder::unknown;  ///< of dates such as 01/02/2024
};

/// The column of time: the one that is named, else the first of texts that are time stamps, else one so called; nothing
/// without. Dates without a time of day take it from the first column that holds nothing else, if there is one.
/// @param series  of each row, or empty: time may begin anew with each
/// @throws DataError for what is no time stamp, for dates whose order nothing tells, and for stamps of several time
///         zones; std::invalid_argument for a named column that the table lacks
std::optional<RowTimes> times_of_rows(const CsvTable& table, const std::vector<std::string>& series,
                                      const OpenOptions& options, const std::string& path);

/// Whether each number is larger than the one before it in its series; false for one alone.
bool only_rises(const std::vector<double>& numbers, const std::vector<std::string>& series);

/// Seconds of the numbers in a column of time: by the unit in its name, else as unix_seconds() takes them.
std::vector<double> seconds_of_numbers(std::span<const double> numbers, std::string_view name);

/// Whether all texts of a column are time stamps, in one order of dates or the other.
bool are_time_stamps(const std::vector<std::string>& texts);

}  // namespace latent::data

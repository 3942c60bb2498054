#pragma once
// Time stamps of tables.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latent::data {

struct TimeStamp {
  double seconds = 0.0;                    ///< since 1970-01-01 00:00; UTC if there is an offset, local time if not
  std::optional<int> offset_minutes = {};  ///< from UTC, where the text says it; Z is 0
};

/// What comes first in dates such as 01/02/2024; unknown where nothing tells.
enum class DateOrder : uint8_t { unknown, day_first, month_first };
/// "day", "month". @throws std::invalid_argument for others
DateOrder date_order_from(std::string_view name);
std::string_view name_of(DateOrder order);

/// 2024-03-31, 2024-03-31 02:00, 2024/03/31T02:00:00.25, 20240331T020000, 31.03.2024 02:00, 3/31/2024 2:00 PM,
/// 31-Mar-2024, March 31, 2024, and months alone (2024-03), with Z, UTC, GMT, +01, +0100 or +01:00 behind the time;
/// nothing for others, and for dates such as 01/02/2024 in an unknown order.
std::optional<TimeStamp> parse_time_stamp(std::string_view text, DateOrder order = DateOrder::unknown);

/// The order of dates such as 01/02/2024 in a column: that of the dates which have a meaning in one order alone.
/// Unknown if there are none, or if they contradict each other.
DateOrder date_order_of(std::span<const std::string> texts);

/// Seconds since midnight of 02:00, 02:00:00.25, 02.00.00 or 2:00 PM; nothing for others.
std::optional<double> parse_clock(std::string_view text);

/// 20240331 as seconds since 1970; nothing for what is no date from 1900 to 2100.
std::optional<double> day_of_number(double number);
/// 20240331020000 or 202403310200 as seconds since 1970; nothing for others, as above.
std::optional<double> stamp_of_number(double number);

/// Seconds since 1970 of a column of numbers: seconds, milliseconds, microseconds or nanoseconds, by their size; or
/// days, where several numbers are all dates as day_of_number() takes them, and likewise those of stamp_of_number().
std::vector<double> unix_seconds(std::span<const double> numbers);

/// Whether local time that goes back by so many seconds may be that of clocks that are put back: by an hour at most,
/// and not more often than once, and once more in each 1,000 rows.
/// @param before  how often it went back before   @param rows  of the whole series, as far as it is known
bool may_be_clocks(double back, int64_t before, int64_t rows);

/// Whether a column so called holds time: time, timestamp, date, datetime, ds, ts, unix, epoch, utc_time and the like,
/// in upper or lower case, with a unit or without: Time (s), time_ms.
bool is_time_name(std::string_view name);
/// Whether a column so called may hold time, if its numbers rise: t, seconds, elapsed, index, step, frame, year, with a
/// unit or without.
bool may_be_time_name(std::string_view name);
/// Seconds of the unit in a column's name, from ns to days: 0.001 of "time [ms]"; nothing for names without.
std::optional<double> time_unit_of(std::string_view name);

/// 300 -> "5 min", 3600 -> "1 h", 0.5 -> "0.5 s".
std::string time_text(double seconds);

}  // namespace latent::data

#include <latent/data/time_stamps.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace latent::data {

namespace {

// Takes digits and marks from the front of a text.
class StampScanner {
 public:
  explicit StampScanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  bool take_one_of(std::string_view marks) {
    if (text_.empty() || marks.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<int> number(size_t fewest, size_t most) {
    size_t digits = 0;
    int value = 0;
    for (; digits < std::min(most, text_.size()) && is_digit(text_[digits]); ++digits) {
      value = 10 * value + (text_[digits] - '0');
    }
    if (digits < fewest) return std::nullopt;
    text_.remove_prefix(digits);
    return value;
  }
  // An English month, whole or its first three letters.
  std::optional<int> month() {
    constexpr std::array<std::string_view, 12> kNames = {"january",   "february", "march",    "april",
                                                         "may",       "june",     "july",     "august",
                                                         "september", "october",  "november", "december"};
    std::string word;
    for (; word.size() < text_.size() && std::isalpha(static_cast<unsigned char>(text_[word.size()])) != 0;)
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(text_[word.size()])));
    for (size_t i = 0; i < kNames.size(); ++i) {
      if (word != kNames[i] && word != kNames[i].substr(0, 3)) continue;
      text_.remove_prefix(word.size());
      return static_cast<int>(i) + 1;
    }
    return std::nullopt;
  }
  // Digits behind a point, as a part of one.
  double fraction() {
    double value = 0.0, place = 0.1;
    for (; !text_.empty() && is_digit(text_.front()); place /= 10.0, text_.remove_prefix(1)) {
      value += place * (text_.front() - '0');
    }
    return value;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view text_;
};

// Since 1970; nothing for a day that does not exist.
std::optional<double> seconds_of_date(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return 86400.0 * static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count());
}

// The two numbers and the year of 31.03.2024, 31/03/2024 or 31-03-2024.
struct DayAndMonth {
  int first = 0, second = 0, year = 0;
  char mark = '.';
};

std::optional<DayAndMonth> take_day_and_month(StampScanner& text) {
  DayAndMonth date;
  const auto first = text.number(1, 2);
  if (!first) return std::nullopt;
  date.mark = text.take('.') ? '.' : text.take('/') ? '/' : text.take('-') ? '-' : '\0';
  const auto second = date.mark == '\0' ? std::nullopt : text.number(1, 2);
  if (!second || !text.take(date.mark)) return std::nullopt;
  const auto year = text.number(4, 4);
  if (!year) return std::nullopt;
  date.first = *first, date.second = *second, date.year = *year;
  return date;
}

constexpr int kMonths = 12;

// What the numbers alone say of their order; with points between them the day is first everywhere.
DateOrder order_of(const DayAndMonth& date) {
  if (date.mark == '.' || date.first > kMonths) return DateOrder::day_first;
  return date.second > kMonths ? DateOrder::month_first : DateOrder::unknown;
}

// 2024-03-31, 20240331, or 2024-03 alone.
std::optional<double> take_year_first(StampScanner& text) {
  const auto year = text.number(4, 4);
  if (!year) return std::nullopt;
  const bool has_marks = text.take_one_of("-/.");
  const auto month = has_marks ? text.number(1, 2) : text.number(2, 2);
  if (!month) return std::nullopt;
  if (has_marks && text.done()) return seconds_of_date(*year, *month, 1);
  if (has_marks && !text.take_one_of("-/.")) return std::nullopt;
  const auto day = has_marks ? text.number(1, 2) : text.number(2, 2);
  return day ? seconds_of_date(*year, *month, *day) : std::nullopt;
}

// 31-Mar-2024, 31 March 2024, Mar 31, 2024.
std::optional<double> take_named_month(StampScanner& text) {
  auto day = text.number(1, 2);
  if (day && !text.take_one_of("- /")) return std::nullopt;
  const auto month = text.month();
  if (!month || !text.take_one_of("- /")) return std::nullopt;
  if (!day) {
    day = text.number(1, 2);
    text.take(',');
    if (!text.take(' ')) return std::nullopt;
  }
  const auto year = text.number(4, 4);
  return day && year ? seconds_of_date(*year, *month, *day) : std::nullopt;
}

std::optional<double> day_in_seconds(StampScanner& text, DateOrder order) {
  for (const auto& take : {take_year_first, take_named_month}) {
    StampScanner rest = text;
    if (const auto day = take(rest)) {
      text = rest;
      return day;
    }
  }
  const auto date = take_day_and_month(text);
  if (!date) return std::nullopt;
  if (date->mark == '.' || order == DateOrder::unknown) order = order_of(*date);
  if (order == DateOrder::day_first) return seconds_of_date(date->year, date->second, date->first);
  if (order == DateOrder::month_first || date->first == date->second)
    return seconds_of_date(date->year, date->first, date->second);
  return std::nullopt;
}

// "AM", "pm", with a blank before it: the hour of 24. False for hours that these do not have.
bool take_half_of_day(StampScanner& text, double& seconds) {
  StampScanner rest = text;
  rest.take(' ');
  const bool is_pm = rest.take_one_of("Pp");
  if ((!is_pm && !rest.take_one_of("Aa")) || !rest.take_one_of("Mm")) return true;
  constexpr double kHour = 3600.0, kHalf = 12 * kHour;
  if (seconds < kHour || seconds >= kHalf + kHour) return false;
  if (seconds >= kHalf) seconds -= kHalf;
  if (is_pm) seconds += kHalf;
  text = rest;
  return true;
}

// 0200 or 020000.
std::optional<double> take_plain_clock(StampScanner& text) {
  const auto hour = text.number(2, 2), minute = text.number(2, 2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const int second = text.number(2, 2).value_or(0);
  if (second > 60) return std::nullopt;
  return 3600.0 * *hour + 60.0 * *minute + second;
}

std::optional<double> clock_in_seconds(StampScanner& text) {
  if (StampScanner plain = text; plain.number(4, 6)) return take_plain_clock(text);
  const auto hour = text.number(1, 2);
  const char mark = text.take(':') ? ':' : '.';
  if (!hour || *hour > 24 || (mark == '.' && !text.take('.'))) return std::nullopt;
  const auto minute = text.number(2, 2);
  if (!minute || *minute > 59) return std::nullopt;
  double seconds = 3600.0 * *hour + 60.0 * *minute;
  if (text.take(mark)) {
    const auto second = text.number(2, 2);
    if (!second || *second > 60) return std::nullopt;
    seconds += *second;
    if (text.take_one_of(".,")) seconds += text.fraction();
  } else if (mark == '.') {
    return std::nullopt;  // 2.30 is a number
  }
  if (*hour == 24 && seconds > 86400.0) return std::nullopt;  // 24:00 is the end of the day
  if (!take_half_of_day(text, seconds)) return std::nullopt;
  return seconds;
}

// "Z", "UTC", "GMT", "+01", "+0100", "-05:30"; nothing is no offset. False for anything else.
bool take_offset(StampScanner& text, std::optional<int>& minutes) {
  text.take(' ');
  if (text.done()) return true;
  if (text.take_one_of("Zz") || text.take("UTC") || text.take("GMT")) {
    minutes = 0;
    return text.done();
  }
  const bool is_west = text.take('-');
  if (!is_west && !text.take('+')) return false;
  const auto hours = text.number(2, 2);
  if (!hours) return false;
  text.take(':');
  const int rest = text.done() ? 0 : text.number(2, 2).value_or(60);
  if (*hours > 14 || rest > 59) return false;
  minutes = (is_west ? -1 : 1) * (60 * *hours + rest);
  return text.done();
}

// "Time (ms)" and "time_ms" as "time" and 0.001.
std::pair<std::string, std::optional<double>> split_unit_of_time(std::string_view name) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  constexpr std::array kUnits = {
      Unit{"ns", 1e-9},  Unit{"us", 1e-6},      Unit{"\u00b5s", 1e-6}, Unit{"ms", 1e-3},     Unit{"s", 1.0},
      Unit{"sec", 1.0},  Unit{"secs", 1.0},     Unit{"seconds", 1.0},  Unit{"min", 60.0},    Unit{"minutes", 60.0},
      Unit{"h", 3600.0}, Unit{"hours", 3600.0}, Unit{"d", 86400.0},    Unit{"days", 86400.0}};
  std::string word;
  for (const char c : name) {
    const bool is_mark = c == '_' || c == '(' || c == ')' || c == '[' || c == ']' || c == '-' || c == '/';
    if (is_mark || c == ' ') {
      if (!word.empty() && word.back() != ' ') word += ' ';
    } else {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  while (word.ends_with(' ')) word.pop_back();
  const size_t blank = word.rfind(' ');
  for (const Unit& unit : kUnits) {
    if (word == unit.name && (unit.name == "seconds" || unit.name == "hours" || unit.name == "days"))
      return {word, unit.seconds};
    if (blank != std::string::npos && std::string_view(word).substr(blank + 1) == unit.name)
      return {word.substr(0, blank), unit.seconds};
  }
  return {word, std::nullopt};
}

}  // namespace

DateOrder date_order_from(std::string_view name) {
  if (name == name_of(DateOrder::day_first)) return DateOrder::day_first;
  if (name == name_of(DateOrder::month_first)) return DateOrder::month_first;
  throw std::invalid_argument(fmt::format("order of dates: expected day or month, got '{}'", name));
}

std::string_view name_of(DateOrder order) {
  if (order == DateOrder::unknown) return "unknown";
  return order == DateOrder::day_first ? "day" : "month";
}

std::optional<TimeStamp> parse_time_stamp(std::string_view text, DateOrder order) {
  StampScanner scanner(text);
  const auto day = day_in_seconds(scanner, order);
  if (!day) return std::nullopt;
  TimeStamp stamp{*day, std::nullopt};
  if (scanner.done()) return stamp;
  if (!scanner.take_one_of("T t")) return std::nullopt;
  const auto clock = clock_in_seconds(scanner);
  if (!clock || !take_offset(scanner, stamp.offset_minutes)) return std::nullopt;
  stamp.seconds += *clock - 60.0 * stamp.offset_minutes.value_or(0);
  return stamp;
}

DateOrder date_order_of(std::span<const std::string> texts) {
  DateOrder found = DateOrder::unknown;
  for (const std::string& text : texts) {
    StampScanner scanner(text);
    const auto date = take_day_and_month(scanner);
    const DateOrder order = date && date->mark != '.' ? order_of(*date) : DateOrder::unknown;
    if (order == DateOrder::unknown || order == found) continue;
    if (found != DateOrder::unknown) return DateOrder::unknown;
    found = order;
  }
  return found;
}

std::optional<double> parse_clock(std::string_view text) {
  StampScanner scanner(text);
  const auto clock = clock_in_seconds(scanner);
  return clock && scanner.done() ? clock : std::nullopt;
}

std::optional<double> day_of_number(double number) {
  if (!(number >= 19000101.0 && number <= 21001231.0) || number != std::floor(number)) return std::nullopt;
  const auto digits = static_cast<int>(number);
  return seconds_of_date(digits / 10000, digits / 100 % 100, digits % 100);
}

bool may_be_clocks(double back, int64_t before, int64_t rows) {
  constexpr double kHour = 3600.0;
  constexpr int64_t kRowsBetween = 1000;
  return back <= kHour && before <= rows / kRowsBetween;
}

std::optional<double> stamp_of_number(double number) {
  if (!(number >= 190001010000.0 && number <= 21001231235959.0) || number != std::floor(number)) return std::nullopt;
  auto digits = static_cast<int64_t>(number);
  constexpr int64_t kFewestWithSeconds = 10'000'000'000'000;
  if (digits < kFewestWithSeconds) digits *= 100;
  const auto hour = digits / 10000 % 100, minute = digits / 100 % 100, second = digits % 100;
  const int64_t date = digits / 1'000'000;
  const auto day = day_of_number(static_cast<double>(date));
  if (!day || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return *day + static_cast<double>(3600 * hour + 60 * minute + second);
}

std::vector<double> unix_seconds(std::span<const double> numbers) {
  for (const auto& read : {day_of_number, stamp_of_number}) {
    std::vector<double> days;
    for (const double number : numbers) {
      const std::optional<double> day = read(number);
      if (!day) break;
      days.push_back(*day);
    }
    if (numbers.size() > 1 && days.size() == numbers.size()) return days;
  }
  // Year 5138 in seconds is 1e11; in milliseconds that is March 1973.
  constexpr double kLargestSeconds = 1e11, kThousand = 1e3;
  double largest = 0.0;
  for (const double value : numbers) largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : largest;
  double unit = 1.0;
  for (int i = 0; i < 3 && largest / unit >= kLargestSeconds; ++i) unit *= kThousand;
  std::vector<double> seconds(numbers.begin(), numbers.end());
  for (double& value : seconds) value /= unit;
  return seconds;
}

bool is_time_name(std::string_view name) {
  constexpr std::array<std::string_view, 15> kNames = {"time",       "timestamp", "date",  "datetime", "ds",
                                                       "ts",         "unix",      "epoch", "unixtime", "unix time",
                                                       "epoch time", "utc time",  "utc",   "time utc", "time stamp"};
  return std::ranges::find(kNames, split_unit_of_time(name).first) != kNames.end();
}

bool may_be_time_name(std::string_view name) {
  constexpr std::array<std::string_view, 17> kNames = {
      "t",     "s",    "sec",  "secs",  "seconds", "elapsed", "elapsed time",   "index",      "step",
      "frame", "year", "days", "hours", "cycle",   "cycles",  "time in cycles", "time cycles"};
  return std::ranges::find(kNames, split_unit_of_time(name).first) != kNames.end();
}

std::optional<double> time_unit_of(std::string_view name) { return split_unit_of_time(name).second; }

std::string time_text(double seconds) {
  struct Unit {
    double seconds;
    const char* name;
  };
  constexpr std::array kUnits = {Unit{86400.0, "d"}, Unit{3600.0, "h"}, Unit{60.0, "min"}, Unit{1.0, "s"}};
  for (const Unit& unit : kUnits) {
    if (std::abs(seconds) >= unit.seconds) return fmt::format("{:.4g} {}", seconds / unit.seconds, unit.name);
  }
  return fmt::format("{:.4g} s", seconds);
}

}  // namespace latent::data

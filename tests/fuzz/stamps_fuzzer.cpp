// Time stamps of tables, times of day, and numbers of cells with a point or a comma.

#include <latent/data/time_stamps.hpp>
#include <latent/formats/csv.hpp>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using latent::data::DateOrder;

void expect(bool holds) {
  if (!holds) std::abort();
}

void read_stamp(const std::string& text) {
  const auto plain = latent::data::parse_time_stamp(text);
  const auto day = latent::data::parse_time_stamp(text, DateOrder::day_first);
  const auto month = latent::data::parse_time_stamp(text, DateOrder::month_first);
  for (const auto& stamp : {plain, day, month}) expect(!stamp || std::isfinite(stamp->seconds));
  expect(!plain || day || month);
  if (plain && day && month) expect(plain->seconds == day->seconds && plain->seconds == month->seconds);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_stamp(text);
  constexpr double kDay = 86400.0;
  const auto clock = latent::data::parse_clock(text);
  expect(!clock || (*clock >= 0.0 && *clock <= kDay + 1.0));
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  latent::data::date_order_of(lines);
  for (const auto decimal : {latent::CsvDecimal::point, latent::CsvDecimal::comma, latent::CsvDecimal::grouped}) {
    const auto number = latent::number_of_cell(text, decimal);
    expect(!number || std::isfinite(*number));
  }
  return 0;
}

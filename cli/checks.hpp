#pragma once
// Checks of the values of options, and what such texts stand for.

#include <cli/arguments.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latent::cli {

/// Checks an option's text before it is converted: a whole number in [low, high].
Check whole_number(int64_t low, int64_t high = std::numeric_limits<int64_t>::max());

enum class Bound : uint8_t { closed, open };
/// A finite number between `low` and `high`; an open bound is itself refused.
Check number(double low, Bound low_bound, double high = std::numeric_limits<double>::infinity(),
             Bound high_bound = Bound::open);
/// "400" or "400,400": whole numbers in [low, high] between commas.
Check whole_number_list(int64_t low, int64_t high);
/// One of these words.
Check one_of(std::vector<std::string> words);
/// The parts of a text between its commas.
std::vector<std::string> split_at_commas(const std::string& text);
/// The numbers of a text that whole_number_list() has passed.
std::vector<int64_t> parse_list(const std::string& text);

/// The two whole numbers of "20x30"; nothing for other texts.
std::optional<std::pair<int64_t, int64_t>> parse_cross(const std::string& text);
/// The number of a text; nothing where it is none, or not finite.
std::optional<double> parse_finite(std::string_view text);
/// "-3:3": from where to where.
struct Span {
  double low = 0.0, high = 0.0;
};
/// @throws UsageError naming the option, unless `text` is LOW:HIGH with finite numbers, low below high
Span parse_span(std::string_view option, const std::string& text);

}  // namespace latent::cli

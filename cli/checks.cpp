#include <cli/checks.hpp>

#include <cli/exit_status.hpp>
#include <cli/output.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace latent::cli {

namespace {

std::string expected_range(int64_t low, int64_t high) {
  if (high == std::numeric_limits<int64_t>::max()) return fmt::format("of at least {}", low);
  return fmt::format("from {} to {}", low, high);
}

}  // namespace

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  if (text.empty() || text.back() == ',') parts.emplace_back();
  return parts;
}

Check whole_number(int64_t low, int64_t high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    const std::optional<int64_t> value = parse_number<int64_t>(text);
    if (value && *value >= low && *value <= high) return {};
    return fmt::format("expected a whole number {}, got '{}'", expected_range(low, high), text);
  };
  return check;
}

Check number(double low, Bound low_bound, double high, Bound high_bound) {
  const auto check = [=](const std::string& text) -> std::string {
    const std::optional<double> value = parse_number<double>(text);
    const bool fits = value && std::isfinite(*value) && (low_bound == Bound::closed ? *value >= low : *value > low) &&
                      (high_bound == Bound::closed ? *value <= high : *value < high);
    if (fits) return {};
    std::string rule = fmt::format("{} {}", low_bound == Bound::closed ? "of at least" : "above", low);
    if (std::isfinite(high)) rule += fmt::format(" and {} {}", high_bound == Bound::closed ? "at most" : "below", high);
    return fmt::format("expected a number {}, got '{}'", rule, text);
  };
  return check;
}

Check whole_number_list(int64_t low, int64_t high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    for (const std::string& part : split_at_commas(text)) {
      const std::optional<int64_t> value = parse_number<int64_t>(part);
      if (value && *value >= low && *value <= high) continue;
      return fmt::format("expected whole numbers {} between commas, got '{}'", expected_range(low, high), text);
    }
    return {};
  };
  return check;
}

Check one_of(std::vector<std::string> words) {
  return [words = std::move(words)](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return {};
    return fmt::format("expected {}, got '{}'", fmt::join(words, " or "), text);
  };
}

std::vector<int64_t> parse_list(const std::string& text) {
  std::vector<int64_t> numbers;
  for (const std::string& part : split_at_commas(text)) numbers.push_back(parse_number<int64_t>(part).value());
  return numbers;
}

std::optional<std::pair<int64_t, int64_t>> parse_cross(const std::string& text) {
  const size_t cross = text.find('x');
  if (cross == std::string::npos) return std::nullopt;
  const auto first = parse_number<int64_t>(std::string_view(text).substr(0, cross));
  const auto second = parse_number<int64_t>(std::string_view(text).substr(cross + 1));
  if (!first || !second) return std::nullopt;
  return std::pair{*first, *second};
}

std::optional<double> parse_finite(std::string_view text) {
  const std::optional<double> value = parse_number<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

Span parse_span(std::string_view option, const std::string& text) {
  const size_t colon = std::min(text.find(':'), text.size());
  const std::string_view all = text;
  const auto low = parse_finite(all.substr(0, colon));
  const auto high = colon < text.size() ? parse_finite(all.substr(colon + 1)) : std::nullopt;
  if (low && high && *low < *high) return {*low, *high};
  throw UsageError(
      fmt::format("{}: expected LOW:HIGH with LOW below HIGH, such as -3:3, got '{}'", option, one_line(text)));
}

}  // namespace latent::cli

#include <latent/core/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent {

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\n' || c == '\t' ? ' ' : '?';
  }
  return line;
}

std::string grouped(int64_t value) {
  const std::string digits = fmt::format("{}", value);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string duration(double seconds) {
  constexpr int64_t kMinute = 60, kHour = 3600;
  if (!std::isfinite(seconds)) return "?";
  if (seconds < 10.0) return fmt::format("{:.1f} s", std::max(seconds, 0.0));
  const int64_t whole = std::llround(seconds);
  if (whole < kMinute) return fmt::format("{} s", whole);
  if (whole < kHour) return fmt::format("{}:{:02} min", whole / kMinute, whole % kMinute);
  return fmt::format("{}:{:02} h", whole / kHour, whole % kHour / kMinute);
}

std::string counted(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : "s");
}

}  // namespace latent

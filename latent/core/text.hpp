#pragma once
// Numbers and names as people write them.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latent {

/// `text` without control characters, so that a strange file name cannot break a message into lines.
std::string one_line(std::string_view text);

/// 1234567 -> "1,234,567".
std::string grouped(int64_t value);
/// 3.2 -> "3.2 s", 75 -> "1:15 min", 4000 -> "1:07 h".
std::string duration(double seconds);
/// "12" -> 12; nothing for what is no number of this type, or more than that.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// 1, "epoch" -> "1 epoch"; 2, "epoch" -> "2 epochs".
std::string counted(int64_t count, std::string_view noun);

}  // namespace latent

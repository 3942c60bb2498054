#pragma once
// Numbers and names as people write them.

#include <cstdint>
#include <string>
#include <string_view>

namespace latent {

/// `text` without control characters, so that a strange file name cannot break a message into lines.
std::string one_line(std::string_view text);

/// 1234567 -> "1,234,567".
std::string grouped(int64_t value);
/// 3.2 -> "3.2 s", 75 -> "1:15 min", 4000 -> "1:07 h".
std::string duration(double seconds);
/// 1, "epoch" -> "1 epoch"; 2, "epoch" -> "2 epochs".
std::string counted(int64_t count, std::string_view noun);

}  // namespace latent

#include <latent/core/names.hpp>

#include <latent/core/error.hpp>

#include <algorithm>
#include <cctype>
#include <vector>

namespace latent {

namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + replace});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> valid) {
  constexpr size_t kLongestCompared = 100;
  if (name.size() > kLongestCompared) return {};
  std::string_view best;
  size_t best_distance = 0;
  for (const std::string_view candidate : valid) {
    const size_t distance = edit_distance(name, candidate);
    const size_t allowed = (std::max(name.size(), candidate.size()) + 2) / 3;
    if (distance <= allowed && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

void unknown_name(std::string_view what, std::string_view name, std::span<const std::string_view> valid) {
  std::string message = fmt::format("unknown {} '{}'", what, name);
  if (const std::string_view nearest = nearest_name(name, valid); !nearest.empty()) {
    message += fmt::format(" (did you mean '{}'?)", nearest);
  }
  message += "; valid: ";
  for (size_t i = 0; i < valid.size(); ++i) message += fmt::format("{}{}", i > 0 ? ", " : "", valid[i]);
  detail::throw_invalid_argument(message);
}

std::string printable(std::string_view text) {
  constexpr size_t kLongest = 60;
  std::string result;
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    result += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  if (text.size() > kLongest) {
    // Not half a UTF-8 character before the dots.
    while (!result.empty() && (static_cast<unsigned char>(result.back()) & 0xc0u) == 0x80u) result.pop_back();
    if (!result.empty() && static_cast<unsigned char>(result.back()) >= 0xc0u) result.pop_back();
    result += "...";
  }
  return result;
}

}  // namespace latent

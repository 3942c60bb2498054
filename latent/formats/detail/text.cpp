#include <latent/formats/detail/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace latent::detail {

namespace {

constexpr size_t kShownBytes = 60;

bool is_continuation(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

// Bytes of the character at the beginning of `text`, 0 if it is not UTF-8.
size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  if (!std::ranges::all_of(text.substr(1, length - 1), is_continuation)) return 0;
  const auto second = static_cast<uint8_t>(text[1]);
  // Overlong forms, surrogates, and beyond U+10FFFF.
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string converted;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      converted += c;
    } else {
      converted += static_cast<char>(0xc0 | (byte >> 6));
      converted += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return converted;
}

std::string in_quotes(std::string_view text) {
  // Cut first: a hostile text can be as long as its file.
  const bool cut = text.size() > kShownBytes;
  size_t shown = std::min(text.size(), kShownBytes);
  while (cut && shown > kShownBytes - 4 && is_continuation(text[shown])) --shown;
  std::string line = to_utf8(text.substr(0, shown));
  std::ranges::replace_if(
      line, [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; }, '?');
  return "'" + line + (cut ? "...'" : "'");
}

}  // namespace latent::detail

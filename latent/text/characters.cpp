#include <latent/text/characters.hpp>

#include <utf8proc.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace latent::text {

namespace {

// The character at the beginning of `text` and its bytes; -1 and 1 for what is no UTF-8.
struct Decoded {
  utf8proc_int32_t character = -1;
  size_t size = 1;
};
Decoded decode(std::string_view text) {
  Decoded decoded;
  const auto got = ::utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                      static_cast<utf8proc_ssize_t>(text.size()), &decoded.character);
  if (got > 0) decoded.size = static_cast<size_t>(got);
  return decoded;
}

bool is_in(utf8proc_int32_t c, utf8proc_int32_t first, utf8proc_int32_t last) { return c >= first && c <= last; }

// Han and Hiragana.
bool is_written_without_spaces(utf8proc_int32_t c) {
  return is_in(c, 0x3041, 0x309f) || is_in(c, 0x3400, 0x4dbf) || is_in(c, 0x4e00, 0x9fff) || is_in(c, 0xf900, 0xfaff) ||
         is_in(c, 0x20000, 0x3fffd) || c == 0x3005 || c == 0x3007;
}

WordClass class_of(utf8proc_int32_t c) {
  if (c < 0) return WordClass::other;
  switch (::utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC: return is_written_without_spaces(c) ? WordClass::single : WordClass::letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NO: return WordClass::digit;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return WordClass::mark;
    default: return c == 0x200d || c == 0x200c ? WordClass::mark : WordClass::other;  // joiners within words
  }
}

constexpr std::array<WordClass, 128> ascii_classes() {
  std::array<WordClass, 128> classes{};
  for (char c = 'a'; c <= 'z'; ++c) classes[static_cast<size_t>(c)] = WordClass::letter;
  for (char c = 'A'; c <= 'Z'; ++c) classes[static_cast<size_t>(c)] = WordClass::letter;
  for (char c = '0'; c <= '9'; ++c) classes[static_cast<size_t>(c)] = WordClass::digit;
  classes['_'] = WordClass::letter;
  return classes;
}
constexpr std::array<WordClass, 128> kAsciiClasses = ascii_classes();

// Bytes at the beginning of `text` that are ASCII, eight at a time.
size_t ascii_length(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080ULL;
  size_t at = 0;
  for (uint64_t eight; at + sizeof(eight) <= text.size(); at += sizeof(eight)) {
    std::memcpy(&eight, text.data() + at, sizeof(eight));
    if ((eight & kHighBits) != 0) break;
  }
  while (at < text.size() && static_cast<uint8_t>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

WordClass class_at(std::string_view text, size_t at, size_t& size) {
  const auto lead = static_cast<uint8_t>(text[at]);
  size = 1;
  if (lead < 0x80) return kAsciiClasses[lead];
  const Decoded decoded = decode(text.substr(at));
  size = decoded.size;
  return class_of(decoded.character);
}

char32_t character_at(std::string_view text, size_t at) {
  return static_cast<char32_t>(decode(text.substr(at)).character);
}

Repair repair_utf8(std::string& text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  Repair repair;
  std::string repaired;
  size_t kept = 0;  // bytes of `text` that stand in `repaired`
  for (size_t at = 0; at < text.size();) {
    at += ascii_length(std::string_view(text).substr(at));
    if (at == text.size()) break;
    const Decoded decoded = decode(std::string_view(text).substr(at));
    if (decoded.character < 0) {
      if (repair.bytes++ == 0) repair.first = static_cast<int64_t>(at);
      repaired.append(text, kept, at - kept).append(kReplacement);
      kept = at + 1;
    }
    at += decoded.size;
  }
  if (repair.bytes > 0) text = repaired.append(text, kept);
  return repair;
}

bool lowercase_ascii(std::span<char> text) {
  if (ascii_length({text.data(), text.size()}) != text.size()) return false;
  for (char& c : text) c = static_cast<char>(c + (c >= 'A' && c <= 'Z' ? 'a' - 'A' : 0));
  return true;
}

std::string lowercased(std::string_view text) {
  std::string small;
  small.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Decoded decoded = decode(text.substr(at));
    if (decoded.character < 0) {
      small += text[at];
    } else {
      std::array<utf8proc_uint8_t, 4> bytes{};
      const auto count = ::utf8proc_encode_char(::utf8proc_tolower(decoded.character), bytes.data());
      small.append(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(count));
    }
    at += decoded.size;
  }
  return small;
}

std::string without_marks(std::string_view text) {
  if (ascii_length(text) == text.size()) return std::string(text);
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = ::utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()), &mapped,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK));
  if (size < 0) return std::string(text);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  return {reinterpret_cast<const char*>(mapped), static_cast<size_t>(size)};
}

}  // namespace latent::text

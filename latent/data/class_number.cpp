#include <latent/data/class_number.hpp>

#include <latent/core/names.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <vector>

namespace latent::data {

namespace {

bool equal_but_for_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

int64_t class_number(std::string_view name, std::span<const std::string> class_names) {
  const auto named = std::ranges::find(class_names, name);
  if (named != class_names.end()) return named - class_names.begin();
  const auto alike =
      std::ranges::find_if(class_names, [&](const auto& other) { return equal_but_for_case(other, name); });
  if (alike != class_names.end()) return alike - class_names.begin();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = error == std::errc() && end == name.data() + name.size() && !name.empty();
  if (is_number && 0 <= number && number < static_cast<int64_t>(class_names.size())) return number;
  const std::vector<std::string_view> valid(class_names.begin(), class_names.end());
  unknown_name("class", printable(name), valid);
}

}  // namespace latent::data

#include <latent/core/json.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>

namespace latent {

Json Json::parse(std::string_view text) {
  // What is written again later is walked by recursion, which deep nesting would turn against the stack.
  constexpr int kDeepest = 64;
  const auto check_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    LATENT_CHECK(depth <= kDeepest, "[json] nested deeper than {}", kDeepest);
    return true;
  };
  try {
    return nlohmann::json::parse(text, check_depth);
  } catch (const nlohmann::json::parse_error& e) {
    detail::throw_invalid_argument(fmt::format("[json] not valid JSON (at character {})", e.byte));
  } catch (const nlohmann::json::exception&) {
    detail::throw_invalid_argument("[json] a number out of range");
  }
}

// Names of data may hold bytes that are not UTF-8, such as an old folder's.
std::string Json::dump() const { return (**this).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

bool Json::operator==(const Json& other) const { return **this == *other; }

}  // namespace latent

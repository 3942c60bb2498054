#pragma once
// Private to the readers: texts from files, made safe to keep and to show.

#include <string>
#include <string_view>

namespace latent::detail {

/// Whether `text` is UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);
/// `text` itself if it is UTF-8; otherwise its bytes taken as Latin-1, which old tables use.
std::string to_utf8(std::string_view text);
/// 'text' on one line for an error message: control characters become '?', the rest is cut after 60 bytes or so.
std::string in_quotes(std::string_view text);

}  // namespace latent::detail

#pragma once
// Who may ask, and how much at once: looked at before a body is read.

#include <server/http/message.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latent::server {

struct GuardOptions {
  /// Whether the server listens to this machine alone. Then a request must have been meant for it: its Host is
  /// localhost, 127.0.0.1 or [::1], so that a name that a foreign page has pointed here (DNS rebinding) leads nowhere.
  bool is_loopback = true;
  /// What every request below /api must show, as "Authorization: Bearer TOKEN" or ?token=TOKEN; empty: nothing.
  std::string token = {};
  int64_t most_body_bytes = int64_t{16} << 20;
};

/// What refuses a request, if anything does: a foreign Host (403), a foreign page (Origin, Sec-Fetch-Site: 403), no
/// token (401), a path that is too long (414), another method (405), a body where there is none, of unknown length
/// (411), packed or in parts (415), or too large (413).
/// @param request  without its body
/// @param content_lengths  how many headers of that name there are
std::optional<Response> refusal(const Request& request, const GuardOptions& options, size_t content_lengths);

/// The bytes of the body that follows; 0 where there is none. Of a request that was not refused.
int64_t body_bytes(const Request& request);

/// Equal, in a time that does not tell where two texts differ.
bool same_secret(std::string_view a, std::string_view b);

/// A new token: 32 letters and digits from the system's random numbers. @throws std::runtime_error without any
std::string new_token();

}  // namespace latent::server

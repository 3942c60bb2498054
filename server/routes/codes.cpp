// codes, encode, decode: between samples and their codes.

#include <server/routes/common.hpp>
#include <server/routes/routes.hpp>

#include <latent/run/checks.hpp>

#include <cstring>

namespace latent::server {

namespace {

Response codes(const Session& session, const Request& request) {
  const Tensor& all = session.codes();
  if (!request.has("ids")) return npy_response(all);
  const std::vector<int64_t> ids = request.wholes("ids", 0, session.size() - 1, session.most_codes());
  Tensor some = Tensor::empty({static_cast<int64_t>(ids.size()), all.dim(1)});
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto to = static_cast<int64_t>(i);
    some.rows(to, to + 1).copy_from(all.rows(ids[i], ids[i] + 1));
  }
  return npy_response(some);
}

Response encode(const Session& session, const Request& request) {
  check_has_encoder(session.run());
  const auto samples = data::from_samples(samples_in(request, session));
  return npy_response(session.run().encode(*samples));
}

Response decode(const Session& session, const Request& request) {
  check_has_decoder(session.run());
  const Tensor z = codes_in(request, session);
  const int64_t columns = request.whole("columns", 0, 0, session.most_codes());
  const std::string as = request.text("as", session.shows_images() ? "png" : "json");
  return decoded_response(session, session.decode(z), as, columns);
}

}  // namespace

void add_code_routes(const Services& services) {
  const Session& session = services.session;
  services.add("GET", "codes", [&session](const Request& request) { return codes(session, request); });
  services.add("POST", "encode", [&session](const Request& request) { return encode(session, request); });
  services.add("POST", "decode", [&session](const Request& request) { return decode(session, request); });
}

}  // namespace latent::server

#pragma once
// What a client asks of a map: {"method", "dims", "seed", "options": {...}}.

#include <server/http/message.hpp>
#include <server/session.hpp>

#include <latent/run/maps/sample_map.hpp>

#include <string>
#include <vector>

namespace latent::server {

struct MapRequest {
  std::string method;
  MapOptions options = {};               ///< of pca, tsne and umap
  std::vector<int64_t> dimensions = {};  ///< of codes: which of them are the axes
  Json normal = {};                      ///< the request with every default in its place: what equal maps have equal
  bool takes_steps() const { return method == "tsne" || method == "umap"; }
};

/// @throws HttpError (400) for what is unknown, of another type or out of range; std::invalid_argument for names
MapRequest map_request_from(const Json& request, const Session& session);

}  // namespace latent::server

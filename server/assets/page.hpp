#pragma once
// The page of the explorer, which the program carries in itself.

#include <server/http/message.hpp>

#include <span>
#include <string_view>

namespace latent::server {

/// A file of the page, packed with gzip.
struct Asset {
  std::string_view path;  ///< "/index.html", "/assets/app-1a2b3c.js"
  std::string_view type;  ///< "text/html; charset=utf-8"
  std::string_view etag;  ///< of its contents, with quotes
  std::span<const unsigned char> gzip;
  bool is_hashed = false;  ///< whether its name changes with its contents, so that it may be kept for ever
};

/// All files of the page; none where the program was built without it.
std::span<const Asset> assets();

/// What is answered at "/" and below: the page's files, or a note where the program was built without it.
Response page(const Request& request);

}  // namespace latent::server

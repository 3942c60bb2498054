#pragma once
// Where the explorer listens, and who may ask.

#include <cli/arguments.hpp>

#include <server/explorer.hpp>

#include <string>

namespace latent::cli {

class ServingOptions {
 public:
  /// --port, --host, --open   @param needs  the option without which they mean nothing; may be null
  void declare(Arguments& arguments, Option* needs = nullptr);
  /// With a new token where other hosts may ask. @throws UsageError for a host that is none
  server::ExplorerOptions options() const;
  /// Prints the address, and opens it if that was asked for.
  void announce(const server::Explorer& explorer) const;

 private:
  int port_ = 8550;
  std::string host_ = "127.0.0.1";
  bool open_ = false;
};

}  // namespace latent::cli

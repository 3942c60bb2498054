#pragma once
// --method of `latent map`, and the options of each method.

#include <cli/command.hpp>

#include <latent/run/maps/sample_map.hpp>

#include <string>

namespace latent::cli {

class MapMethodOptions {
 public:
  void declare(Arguments& arguments);
  /// @throws UsageError for an option that the method does not have; std::invalid_argument for unknown names, and for
  ///         a curve that cannot be
  MapOptions options() const;
  /// What was given, or holds without: {"metric": "euclidean", ...} with the options of this method alone.
  Json settings(const SampleMap& made) const;

 private:
  const Arguments* arguments_ = nullptr;
  std::string method_ = "umap", metric_ = "euclidean", init_;
  MapOptions options_;
};

}  // namespace latent::cli

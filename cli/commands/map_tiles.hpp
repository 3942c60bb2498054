#pragma once
// --tiles of `latent map`: what the decoder makes of places on the map.

#include <cli/arguments.hpp>
#include <cli/run.hpp>

#include <string>

namespace latent::cli {

class MapTiles {
 public:
  void declare(Arguments& arguments);
  /// @param possible  whether this is a plane of codes
  /// @throws UsageError for a path that cannot be written, a malformed --grid, or a model that cannot decode
  void check(const Run& run, bool possible) const;
  bool wanted() const { return !path_.empty(); }
  const std::string& path() const { return path_; }

  /// Lays a grid over the map, turns each place into a code (InverseMap) and decodes it. Places farther from every
  /// point than a step of the grid stay empty. @return Picture::shown
  std::string write(const Run& run, const Tensor& map, const Tensor& codes) const;

 private:
  std::string path_, grid_ = "20x20";
};

}  // namespace latent::cli

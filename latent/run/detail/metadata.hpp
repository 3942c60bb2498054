#pragma once
// Reading what a model file or a checkpoint says of itself.

#include <latent/core/error.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <utility>

namespace latent {

/// What `read` makes of the JSON in the file. @throws DataError naming the file where it meets a value of another type
/// than it looks for
template <class Read>
auto read_metadata(const std::filesystem::path& path, Read&& read) {
  try {
    return std::forward<Read>(read)();
  } catch (const nlohmann::json::exception&) {
    throw DataError(path.string(), "its metadata holds a value of another type than this program writes there");
  }
}

}  // namespace latent

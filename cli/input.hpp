#pragma once
// Reading what the user named: if the system refuses, the argument was wrong.

#include <cli/exit_status.hpp>

#include <latent/core/error.hpp>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <filesystem>
#include <utility>

namespace latent::cli {

/// What `read` returns. @throws UsageError in place of IoError: an input that cannot be read is an argument to be
/// corrected
template <class Read>
auto read_input(Read&& read) {
  try {
    return std::forward<Read>(read)();
  } catch (const IoError& error) {
    if (error.error_number() == ENOMEM) throw;  // the input is not to blame
    throw UsageError(error.what());
  }
}

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

}  // namespace latent::cli

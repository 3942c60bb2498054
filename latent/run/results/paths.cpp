#include <latent/run/results/paths.hpp>

#include <latent/core/error.hpp>

#include <latent/formats/temporary.hpp>
#include <latent/training/run_lock.hpp>

#include <fmt/core.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

namespace latent {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse_path(const fs::path& path, std::string_view option, const std::error_code& error,
                              std::string_view what = {}) {
  if (error == std::errc::not_enough_memory) throw std::bad_alloc();  // says nothing of the path
  throw UsageError(
      fmt::format("{}{}{}: {}{}", option, option.empty() ? "" : " ", path.string(), what, error.message()));
}

}  // namespace

fs::file_status status_of(const fs::path& path, std::string_view option) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error && status.type() != fs::file_type::not_found) refuse_path(path, option, error);
  return status;
}

fs::path absolute_path(const fs::path& path, std::string_view option) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  if (error) refuse_path(path, option, error, "the working directory cannot be found: ");
  return whole.lexically_normal();
}

bool is_empty_folder(const fs::path& folder, std::string_view option) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!is_temporary_name(name) && name != RunLock::kFileName) return false;
  }
  if (error) refuse_path(folder, option, error);
  return true;
}

void check_can_create(const fs::path& path, std::string_view option) {
  status_of(path, option);
  fs::path ancestor = absolute_path(path, option);
  if (!ancestor.has_filename()) ancestor = ancestor.parent_path();
  ancestor = ancestor.parent_path();
  std::error_code error;
  while (!fs::exists(ancestor, error) && ancestor != ancestor.parent_path()) ancestor = ancestor.parent_path();
  if (!fs::is_directory(ancestor, error)) {
    throw UsageError(fmt::format("{} {}: {} is not a folder", option, path.string(), ancestor.string()));
  }
  if (access(ancestor.c_str(), W_OK | X_OK) != 0) {
    throw UsageError(
        fmt::format("{} {}: cannot write to {}: {}", option, path.string(), ancestor.string(), std::strerror(errno)));
  }
}

}  // namespace latent

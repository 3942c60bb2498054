#include <cli/run_directory.hpp>

#include <cli/exit_status.hpp>

#include <latent/core/error.hpp>
#include <latent/training/trainer.hpp>

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace latent::cli {

namespace fs = std::filesystem;

namespace {

bool looks_like_run(const fs::path& path) {
  const RunFiles files{path};
  const fs::path traces[] = {files.model(), files.checkpoint(), files.metrics()};
  return std::any_of(std::begin(traces), std::end(traces), [](const fs::path& file) { return fs::exists(file); });
}

}  // namespace

void check_run_directory(const fs::path& path, Existing existing) {
  if (path.empty()) throw UsageError("--out: the path is empty");
  if (!fs::exists(path)) return check_can_create(path, "--out");
  if (!fs::is_directory(path))
    throw UsageError(fmt::format("--out {}: is there already, and not a folder", path.string()));
  if (!fs::is_empty(path)) {
    if (existing == Existing::refuse) {
      throw UsageError(
          fmt::format("--out {}: the folder exists and is not empty", path.string()),
          looks_like_run(path)
              ? fmt::format("--overwrite replaces the run in it; latent resume {} continues it.", path.string())
              : "Choose another name.");
    }
    if (!looks_like_run(path)) {
      throw UsageError(fmt::format("--out {}: not overwritten, because it does not look like a run", path.string()),
                       "Choose another name.");
    }
  }
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    throw UsageError(fmt::format("--out {}: cannot write to it: {}", path.string(), std::strerror(errno)));
  }
}

RunDirectory::RunDirectory(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw IoError(path_.string(), "create folder", error.value());
  const RunFiles files{path_};
  for (const fs::path& file : {files.model(), files.checkpoint(), files.metrics(), path_ / "reconstructions.png",
                               path_ / "samples.png", path_ / "loss.png", path_ / "manifold.png"}) {
    fs::remove(file, error);
    if (error) throw IoError(file.string(), "remove", error.value());
  }
}

RunDirectory::~RunDirectory() {
  std::error_code error;
  if (fs::is_empty(path_, error)) fs::remove(path_, error);
}

}  // namespace latent::cli

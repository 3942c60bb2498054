#include <latent/run/training/run_directory.hpp>

#include <latent/core/error.hpp>
#include <latent/run/results/paths.hpp>
#include <latent/training/run_files.hpp>

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace latent {

namespace fs = std::filesystem;

namespace {

bool looks_like_run(const fs::path& path) {
  const RunFiles files{path};
  const fs::path traces[] = {files.model(), files.checkpoint(), files.metrics()};
  return std::any_of(std::begin(traces), std::end(traces),
                     [](const fs::path& file) { return fs::exists(status_of(file, "--out")); });
}

constexpr const char* kWhenBusy = "Wait for it or stop it (Ctrl-C there saves), or choose another name.";

}  // namespace

void check_run_directory(const fs::path& path, Existing existing) {
  if (path.empty()) throw UsageError("--out: the path is empty");
  const fs::file_status status = status_of(path, "--out");
  if (!fs::exists(status)) return check_can_create(path, "--out");
  if (!fs::is_directory(status))
    throw UsageError(fmt::format("--out {}: is there already, and not a folder", path.string()));
  if (const std::string owner = RunLock::owner(path); !owner.empty())
    throw UsageError(fmt::format("{}: {} trains into it now", path.string(), owner), kWhenBusy);
  if (!is_empty_folder(path, "--out")) {
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

RunDirectory::RunDirectory(fs::path path, Existing existing) : path_(std::move(path)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw IoError(path_.string(), "create folder", error.value());
  // Another training may have begun, and even ended, while the data was read. Looked at before there is a lock, which
  // would be taken for another's.
  check_run_directory(path_, existing);
  lock();
}

RunDirectory::RunDirectory(fs::path path) : path_(std::move(path)) { lock(); }

void RunDirectory::lock() {
  try {
    lock_.emplace(path_);
  } catch (const RunBusy& busy) {
    throw UsageError(busy.what(), kWhenBusy);
  }
  if (!lock_->is_held()) {
    remarks_.push_back(
        {fmt::format("{}: its file system has no locks, so nothing keeps a second training out of it", path_.string()),
         true});
  }
  RunReplacement::complete(path_);
  remove_abandoned(path_);
}

RunDirectory::~RunDirectory() {
  lock_.reset();
  std::error_code error;
  if (fs::is_empty(path_, error)) fs::remove(path_, error);
}

}  // namespace latent

#include <latent/training/run_files.hpp>

#include <latent/core/error.hpp>

#include <initializer_list>
#include <utility>

namespace latent {

namespace {

namespace fs = std::filesystem;

// A whole new run on its way into the directory that it lies in.
fs::path next_of(const fs::path& directory) { return directory / ".latent-next"; }

// Completes first, because the name must be free for another one.
const fs::path& completed(const fs::path& directory) {
  RunReplacement::complete(directory);
  return directory;
}

// A replaced file keeps its permissions, as with replace_file().
void move_onto(const fs::path& from, const fs::path& to) {
  std::error_code error, none;
  if (!fs::exists(from, none)) return;  // moved before the kill
  if (const fs::file_status old = fs::status(to, none); fs::is_regular_file(old)) {
    fs::permissions(from, old.permissions(), none);
  }
  if (fs::rename(from, to, error); error) throw IoError(to.string(), "cannot replace", error.value());
}

}  // namespace

bool RunFiles::exist() const {
  std::error_code none;
  return fs::exists(model(), none) || fs::exists(checkpoint(), none);
}

RunReplacement::RunReplacement(const fs::path& directory)
    : run_(directory), staged_(next_of(completed(directory)), Temporary::Kind::folder) {}

void RunReplacement::commit() {
  flush_folder(staged_.path());
  staged_.move_to_target();
  flush_folder(run_);
  complete(run_);
}

void RunReplacement::complete(const fs::path& directory) {
  const RunFiles next{next_of(directory)}, here{directory};
  std::error_code error;
  if (!fs::is_directory(next.directory, error)) return;
  // What `resume` goes by comes first.
  move_onto(next.checkpoint(), here.checkpoint());
  move_onto(next.metrics(), here.metrics());
  move_onto(next.model(), here.model());
  for (const char* picture : RunFiles::kPictures) fs::remove(directory / picture, error);
  fs::remove_all(next.directory, error);
  flush_folder(directory);
}

}  // namespace latent

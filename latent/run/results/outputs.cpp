#include <latent/run/results/outputs.hpp>

#include <latent/core/error.hpp>
#include <latent/data/dataset.hpp>
#include <latent/formats/temporary.hpp>
#include <latent/training/run_files.hpp>

#include <fmt/core.h>

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace latent {

namespace fs = std::filesystem;

namespace {

bool is_same_file(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::equivalent(a, b, error)) return true;
  // Absolute first: of what is not there, only the part that is becomes canonical.
  const fs::path whole_a = fs::weakly_canonical(fs::absolute(a, error), error);
  return !error && whole_a == fs::weakly_canonical(fs::absolute(b, error), error) && !error;
}

// Whether `path`, which need not be there, is below the folder: it itself, or what it is a link to.
bool lies_in(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return false;
  const fs::path whole = fs::absolute(path, error);
  for (fs::path at : {fs::weakly_canonical(whole.parent_path(), error), fs::weakly_canonical(whole, error)}) {
    for (;; at = at.parent_path()) {
      std::error_code missing;
      if (fs::equivalent(at, folder, missing)) return true;
      if (at == at.parent_path()) break;
    }
  }
  return false;
}

// What the system calls a file, by whatever name: device and inode.
using Identity = std::pair<dev_t, ino_t>;

std::optional<Identity> identity_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino};
}

// The identity of a file, or of all files in a folder and below; links are followed, but not into other folders.
std::vector<std::pair<Identity, fs::path>> identities_below(const fs::path& path) {
  std::vector<std::pair<Identity, fs::path>> found;
  const auto add = [&](const fs::path& file) {
    if (const auto identity = identity_of(file)) found.emplace_back(*identity, file);
  };
  std::error_code error, unknown;
  if (!fs::is_directory(path, error)) add(path);
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(path, kOptions, error), end; !error && it != end; it.increment(error)) {
    if (!it->is_directory(unknown)) add(it->path());
  }
  return found;
}

// What is read with a file: itself, and the labels beside images in IDX.
std::vector<fs::path> files_read(const fs::path& input) {
  std::vector<fs::path> files = {input};
  std::string name = input.filename().string();
  const auto replace_last = [&name](std::string_view from, std::string_view to) {
    const size_t at = name.rfind(from);
    if (at != std::string::npos) name.replace(at, from.size(), to);
    return at != std::string::npos;
  };
  if (!replace_last("images", "labels")) return files;
  replace_last("idx3", "idx1");
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  files.push_back(input.parent_path() / name);
  files.push_back(input.parent_path() / (name + ".gz"));
  return files;
}

}  // namespace

Outputs::Outputs(std::initializer_list<OutputPath> paths) {
  for (const OutputPath& output : paths) {
    if (output.path.empty()) continue;
    for (const OutputPath& other : paths_) {
      if (is_same_file(output.path, other.path)) {
        throw UsageError(fmt::format("{} {}: {} names the same file", output.option, output.path, other.option));
      }
    }
    const fs::path path = output.path;
    remove_abandoned(path.has_filename() ? path.parent_path() : path.parent_path().parent_path());
    paths_.push_back(output);
  }
}

void Outputs::check_keep(const std::string& input, std::string_view what) const {
  const std::vector<fs::path> files = files_read(input);
  for (const auto& [option, path] : paths_) {
    const auto is_output = [&output = path](const fs::path& file) { return is_same_file(output, file); };
    if (std::any_of(files.begin(), files.end(), is_output)) {
      throw UsageError(fmt::format("{} {}: is {} itself", option, path, what));
    }
    if (lies_in(input, path)) throw UsageError(fmt::format("{} {}: is a folder that holds {}", option, path, what));
    check_no_common_file(option, path, files, what);
  }
}

void Outputs::check_no_common_file(std::string_view option, const std::string& output,
                                   const std::vector<fs::path>& inputs, std::string_view what) {
  std::map<Identity, fs::path> written;
  for (const auto& [identity, path] : identities_below(output)) written.emplace(identity, path);
  if (written.empty()) return;
  for (const fs::path& input : inputs) {
    for (const auto& [identity, path] : identities_below(input)) {
      const auto found = written.find(identity);
      if (found == written.end()) continue;
      throw UsageError(fmt::format("{} {}: {} and {} of {} are the same file", option, output, found->second.string(),
                                   path.string(), what));
    }
  }
}

void Outputs::check_keep_data(const std::string& path_or_name) const {
  if (!path_or_name.empty() && !data::is_known_set(path_or_name)) check_keep(path_or_name, "the data");
}

void Outputs::check_keep_run(const fs::path& run) const {
  const RunFiles files{run};
  for (const fs::path& file : {files.model(), files.checkpoint(), files.metrics()}) {
    std::error_code error;
    if (fs::exists(file, error)) check_keep(file.string(), fmt::format("{} of the run", file.filename().string()));
  }
}

void Outputs::check_outside(const std::string& folder) const {
  for (const auto& [option, path] : paths_) {
    if (lies_in(path, folder)) throw UsageError(fmt::format("{} {}: lies in the folder of the data", option, path));
  }
}

}  // namespace latent

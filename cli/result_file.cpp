#include <cli/result_file.hpp>

#include <cli/exit_status.hpp>
#include <cli/interrupt.hpp>
#include <cli/paths.hpp>

#include <latent/core/error.hpp>
#include <latent/formats/temporary.hpp>
#include <latent/training/run_files.hpp>
#include <latent/formats/image.hpp>
#include <latent/report/pictures.hpp>

#include <fmt/core.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

namespace latent::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::array kForms = {Form::png, Form::gif, Form::svg,    Form::npy,
                               Form::npz, Form::csv, Form::folder, Form::lac};

Form form_of(const std::string& path) {
  std::string ending = fs::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  if (ending.empty()) return Form::folder;
  for (const Form form : kForms) {
    if (form != Form::folder && ending == fmt::format(".{}", name_of(form))) return form;
  }
  throw UsageError(fmt::format("-o {}: '{}' is not an ending of a result", path, ending),
                   "Results are .png, .gif, .svg, .npy, .npz, .csv, or a folder (a name without an ending).");
}

std::string list_of(std::span<const Form> forms) {
  std::string text;
  for (size_t i = 0; i < forms.size(); ++i) {
    if (i > 0) text += i + 1 == forms.size() ? " or " : ", ";
    text += forms[i] == Form::folder ? "a folder" : fmt::format(".{}", name_of(forms[i]));
  }
  return text;
}

// "000123.png": a file of a folder that write_image_folder() made.
bool is_numbered_picture(const fs::path& path) {
  const std::string stem = path.stem().string();
  return path.extension() == ".png" && stem.size() >= 6 &&
         std::all_of(stem.begin(), stem.end(), [](unsigned char c) { return std::isdigit(c); });
}

// Numbered pictures, directly in the folder or in folders of classes, and nothing else.
void check_pictures_only(const fs::path& path, const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_temporary_name(entry.path().filename().string())) continue;
    const bool is_folder = entry.is_directory() && !entry.is_symlink();
    if (is_folder && folder == path) {
      check_pictures_only(path, entry.path());
    } else if (is_folder || !is_numbered_picture(entry.path())) {
      throw UsageError(fmt::format("-o {}: not overwritten, because it holds more than numbered pictures: {}",
                                   path.string(), entry.path().lexically_relative(path).string()));
    }
  }
}

void check_folder(const fs::path& path, Existing existing) {
  const fs::file_status status = status_of(path, "-o");
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status))
    throw UsageError(fmt::format("-o {}: is there already, and not a folder", path.string()));
  if (is_empty_folder(path, "-o")) return;
  if (existing == Existing::refuse) {
    throw UsageError(fmt::format("-o {}: the folder exists and is not empty", path.string()),
                     "--overwrite replaces it.");
  }
  check_pictures_only(path, path);
}

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

// Of a file, or of all files in a folder and below; links are followed, but not into other folders.
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

[[noreturn]] void throw_io(const fs::path& path, const char* action, const std::error_code& error) {
  throw IoError(path.string(), action, error.value());
}

}  // namespace

std::string_view name_of(Form form) {
  constexpr std::array<std::string_view, kForms.size()> kNames = {"png", "gif", "svg",    "npy",
                                                                  "npz", "csv", "folder", "lac"};
  return kNames[static_cast<size_t>(form)];
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

ResultFile result_file(const std::string& path, std::span<const Form> allowed, Existing existing_folder) {
  if (path.empty()) throw UsageError("-o: the path is empty");
  ResultFile file{path, form_of(path)};
  if (std::find(allowed.begin(), allowed.end(), file.form) == allowed.end()) {
    throw UsageError(fmt::format("-o {}: this command writes {}", path, list_of(allowed)));
  }
  if (file.form == Form::folder) {
    check_folder(file.path, existing_folder);
  } else if (fs::is_directory(status_of(file.path, "-o"))) {
    throw UsageError(fmt::format("-o {}: is a folder", path));
  }
  const fs::path parent = file.path.has_filename() ? file.path.parent_path() : file.path.parent_path().parent_path();
  if (!parent.empty() && !fs::is_directory(status_of(parent, "-o"))) {
    throw UsageError(fmt::format("-o {}: there is no folder {}", path, parent.string()));
  }
  check_can_create(file.path, "-o");
  return file;
}

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

void OutputOptions::declare(Arguments& arguments, const std::string& forms) {
  arguments.add_option("-o,--output", path, forms)->required()->type_name("OUT");
  arguments.add_flag("--overwrite", overwrite, "replace a folder of numbered pictures");
}

ResultFile OutputOptions::file(std::span<const Form> allowed) const {
  return result_file(path, allowed, overwrite ? Existing::replace : Existing::refuse);
}

void write_image_folder(const fs::path& path, const Tensor& images, std::span<const std::string> folders) {
  const InterruptGuard guard;
  fs::path target = fs::absolute(path).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  Temporary made(target, Temporary::Kind::folder);
  std::error_code error;
  const Tensor pixels = report::to_pixels(images);
  for (int64_t i = 0; i < pixels.dim(0); ++i) {
    if (guard.stop()) throw Interrupted(fmt::format("interrupted: {} was not written", path.string()));
    const fs::path folder = folders.empty() ? made.path() : made.path() / folders[static_cast<size_t>(i)];
    if (fs::create_directory(folder, error); error) throw_io(folder, "create folder", error);
    write_png(folder / fmt::format("{:06}.png", i), pixels.rows(i, i + 1).view_as(pixels.shape().tail()));
  }
  made.move_to_target();
}

void check_form_fits(const ResultFile& file, data::Kind kind) {
  if (file.form == Form::folder && kind != data::Kind::images) {
    throw UsageError(fmt::format("-o {}: a folder holds one picture each, but the model's data is a {}",
                                 file.path.string(), data::name_of(kind)),
                     "Use .csv, .npy or .png.");
  }
  if (file.form == Form::csv && kind == data::Kind::images) {
    throw UsageError(fmt::format("-o {}: the model's data are images, not rows of a table", file.path.string()),
                     "Use .png, .npy or a folder.");
  }
}

}  // namespace latent::cli

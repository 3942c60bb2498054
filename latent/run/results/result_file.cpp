#include <latent/run/results/result_file.hpp>

#include <latent/core/error.hpp>
#include <latent/core/interrupted.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/temporary.hpp>
#include <latent/report/pictures.hpp>
#include <latent/run/kinds/run_kind.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace latent {

namespace fs = std::filesystem;

namespace {

constexpr std::array kForms = {Form::png, Form::gif,    Form::svg, Form::npy, Form::npz,
                               Form::csv, Form::folder, Form::lac, Form::wav};

// "000123.png": a file of a folder that write_image_folder() or write_sound_folder() made.
bool is_numbered_picture(const fs::path& path) {
  const std::string stem = path.stem().string();
  return (path.extension() == ".png" || path.extension() == ".wav") && stem.size() >= 6 &&
         std::all_of(stem.begin(), stem.end(), [](unsigned char c) { return std::isdigit(c); });
}

void check_pictures_below(const fs::path& path, const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_temporary_name(entry.path().filename().string())) continue;
    const bool is_folder = entry.is_directory() && !entry.is_symlink();
    if (is_folder && folder == path) {
      check_pictures_below(path, entry.path());
    } else if (is_folder || !is_numbered_picture(entry.path())) {
      throw UsageError(fmt::format("-o {}: not overwritten, because it holds more than numbered pictures or sounds: {}",
                                   path.string(), entry.path().lexically_relative(path).string()));
    }
  }
}

}  // namespace

std::string_view name_of(Form form) {
  constexpr std::array<std::string_view, kForms.size()> kNames = {"png", "gif",    "svg", "npy", "npz",
                                                                  "csv", "folder", "lac", "wav"};
  return kNames[static_cast<size_t>(form)];
}

Form form_of(const std::string& path) {
  std::string ending = fs::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  if (ending.empty()) return Form::folder;
  for (const Form form : kForms) {
    if (form != Form::folder && ending == fmt::format(".{}", name_of(form))) return form;
  }
  throw UsageError(
      fmt::format("-o {}: '{}' is not an ending of a result", path, ending),
      "Results are .png, .gif, .svg, .npy, .npz, .csv, of sound .wav, or a folder (a name without an ending).");
}

void check_fits_form(const ResultFile& file, int64_t count, std::string_view fewer) {
  if (file.form == Form::png && count > kMostPictures) {
    throw UsageError(fmt::format("-o {}: {} samples are too many for one picture (at most {})", file.path.string(),
                                 count, kMostPictures),
                     fmt::format("Use .npy, .npz or a folder, {}.", fewer));
  }
  if (file.form == Form::folder && count > kMostFiles) {
    throw UsageError(
        fmt::format("-o {}: {} samples are too many for a folder (at most {})", file.path.string(), count, kMostFiles),
        fmt::format("Use .npy or .npz, {}.", fewer));
  }
}

void check_form_fits(const ResultFile& file, const data::Kind& kind) {
  const bool is_sound = run_kind(kind).form() == Form::wav;
  if (file.form == Form::wav && !is_sound) {
    throw UsageError(fmt::format("-o {}: the model's data are no sounds, but {}", file.path.string(), kind.described()),
                     "Use .png, .csv or .npy.");
  }
  if (file.form == Form::folder && !kind.is_spatial && !is_sound) {
    throw UsageError(fmt::format("-o {}: a folder holds one picture each, but the model's data is a {}",
                                 file.path.string(), kind.name),
                     "Use .csv, .npy or .png.");
  }
  if (file.form == Form::csv && !kind.has_columns) {
    throw UsageError(fmt::format("-o {}: the model's data are {}, not rows of a table", file.path.string(), kind.name),
                     "Use .png, .npy or a folder.");
  }
}

void check_pictures_only(const fs::path& folder) { check_pictures_below(folder, folder); }

void write_image_folder(const fs::path& path, const Tensor& images, std::span<const std::string> folders,
                        const std::atomic<bool>* stop) {
  fs::path target = fs::absolute(path).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  Temporary made(target, Temporary::Kind::folder);
  std::error_code error;
  const Tensor pixels = report::to_pixels(images);
  for (int64_t i = 0; i < pixels.dim(0); ++i) {
    if (stop && *stop) throw Interrupted(fmt::format("interrupted: {} was not written", path.string()));
    const fs::path folder = folders.empty() ? made.path() : made.path() / folders[static_cast<size_t>(i)];
    if (fs::create_directory(folder, error); error) throw IoError(folder.string(), "create folder", error.value());
    write_png(folder / fmt::format("{:06}.png", i), pixels.rows(i, i + 1).view_as(pixels.shape().tail()));
  }
  made.move_to_target();
}

}  // namespace latent

#include <cli/result_file.hpp>

#include <cli/exit_status.hpp>

#include <latent/run/results/paths.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent::cli {

namespace fs = std::filesystem;

namespace {

std::string list_of(std::span<const Form> forms) {
  std::string text;
  for (size_t i = 0; i < forms.size(); ++i) {
    if (i > 0) text += i + 1 == forms.size() ? " or " : ", ";
    text += forms[i] == Form::folder ? "a folder" : fmt::format(".{}", name_of(forms[i]));
  }
  return text;
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
  check_pictures_only(path);
}

}  // namespace

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

ResultFile result_file_of(std::string_view option, const std::string& path, std::span<const Form> allowed,
                          Existing existing_folder) {
  try {
    return result_file(path, allowed, existing_folder);
  } catch (const UsageError& error) {
    const std::string text = error.what();
    throw UsageError(text.starts_with("-o") ? fmt::format("{}{}", option, text.substr(2)) : text, error.advice());
  }
}

void OutputOptions::declare(Arguments& arguments, const std::string& forms) {
  arguments.add_option("-o,--output", path, forms)->required()->type_name("OUT");
  arguments.add_flag("--overwrite", overwrite, "replace a folder of numbered pictures");
}

ResultFile OutputOptions::file(std::span<const Form> allowed) const {
  return result_file(path, allowed, overwrite ? Existing::replace : Existing::refuse);
}

std::string OutputOptions::write(const latent::Run& run, const Decoded& decoded, const ResultFile& file) {
  return write_stoppable(file, [&](const auto* stop) { return write_decoded(run, decoded, file, stop); });
}

}  // namespace latent::cli

#pragma once
// What -o names: the form of a result by the ending of its path, checked before work starts, written atomically.

#include <cli/arguments.hpp>
#include <cli/interrupt.hpp>

#include <latent/run/results/decoded.hpp>
#include <latent/run/results/outputs.hpp>
#include <latent/run/results/result_file.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace latent::cli {

/// Decides the form and finds out whether it can be written: an ending that `allowed` has, a folder that exists and may
/// be written to. Files are replaced; an existing folder is refused unless `existing_folder` says otherwise, and even
/// then unless all it holds are numbered pictures.
/// @throws UsageError
ResultFile result_file(const std::string& path, std::span<const Form> allowed, Existing existing_folder);

/// What result_file() says of -o, about another option.
ResultFile result_file_of(std::string_view option, const std::string& path, std::span<const Form> allowed,
                          Existing existing_folder);

/// Calls write(stop), where Ctrl-C sets *stop while a folder is written: nothing of it is left then.
template <class Write>
auto write_stoppable(const ResultFile& file, Write&& write) {
  const std::atomic<bool>* never = nullptr;
  if (file.form != Form::folder) return std::forward<Write>(write)(never);
  const InterruptGuard guard;
  return std::forward<Write>(write)(&guard.stop());
}

/// -o OUT, and --overwrite for a folder of numbered pictures.
struct OutputOptions {
  std::string path;
  bool overwrite = false;

  /// @param forms  for the help: ".png (a grid), .npy or a folder"
  void declare(Arguments& arguments, const std::string& forms);
  /// See result_file().
  ResultFile file(std::span<const Form> allowed) const;
  /// write_decoded(), which Ctrl-C may stop.
  static std::string write(const latent::Run& run, const Decoded& decoded, const ResultFile& file);
};

}  // namespace latent::cli

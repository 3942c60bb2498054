#pragma once
// What -o names: the form of a result by the ending of its path, checked before work starts, written atomically.

#include <cli/arguments.hpp>

#include <latent/core/tensor.hpp>
#include <latent/data/dataset.hpp>

#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latent::cli {

enum class Form : uint8_t { png, gif, svg, npy, npz, csv, folder, lac };
std::string_view name_of(Form form);

struct ResultFile {
  std::filesystem::path path;
  Form form = Form::png;
};

enum class Existing : uint8_t { refuse, replace };

/// Decides the form and finds out whether it can be written: an ending that `allowed` has, a folder that exists and may
/// be written to. Files are replaced; an existing folder is refused unless `existing_folder` says otherwise, and even
/// then unless all it holds are numbered pictures.
/// @throws UsageError
ResultFile result_file(const std::string& path, std::span<const Form> allowed, Existing existing_folder);

/// An option that names a file or folder to be written; the path is empty where it was not given.
struct OutputPath {
  std::string_view option;  ///< "-o"
  std::string path;
};

/// All that a command will write. open_run() asks for it and open_data() looks at it, so that no command replaces what
/// it reads.
class Outputs {
 public:
  Outputs() = default;
  /// @throws UsageError if two of them name the same file
  Outputs(std::initializer_list<OutputPath> paths);

  /// Files that are not there are fine.
  /// @param input  a file or folder that is read, as data::open() takes it   @param what  for the message: "the data"
  /// @throws UsageError if one of the outputs is `input`, or the labels beside it, or is a folder that holds it, or if
  ///         a file of the one is a file of the other by another name (symbolic and hard links)
  void check_keep(const std::string& input, std::string_view what) const;
  /// check_keep() for the files of a run directory, which may hold results beside them.
  void check_keep_run(const std::filesystem::path& run) const;
  /// @throws UsageError if one of the outputs lies in a folder all of whose pictures are data
  void check_outside(const std::string& folder) const;

 private:
  static void check_no_common_file(std::string_view option, const std::string& output,
                                   const std::vector<std::filesystem::path>& inputs, std::string_view what);

  std::vector<OutputPath> paths_;
};

/// -o OUT, and --overwrite for a folder of numbered pictures.
struct OutputOptions {
  std::string path;
  bool overwrite = false;

  /// @param forms  for the help: ".png (a grid), .npy or a folder"
  void declare(Arguments& arguments, const std::string& forms);
  /// See result_file().
  ResultFile file(std::span<const Form> allowed) const;
};

/// A folder of "000000.png", "000001.png", ...: made beside its place and renamed, so that it is whole or not there.
/// @param images   (N, C, H, W) f32 in [0, 1]
/// Ctrl-C leaves nothing of it.
/// @param folders  empty, or for each image the name of the folder inside that it goes to
/// @throws IoError, Interrupted
void write_image_folder(const std::filesystem::path& path, const Tensor& images,
                        std::span<const std::string> folders = {});

/// @throws UsageError unless a new file or folder at `path` could be made: its nearest existing ancestor is a folder
///         that may be written to
void check_can_create(const std::filesystem::path& path, std::string_view option);

/// Whether a model of this `kind` of data can answer in this form: a folder needs images, a table needs columns.
/// @throws UsageError
void check_form_fits(const ResultFile& file, data::Kind kind);

}  // namespace latent::cli

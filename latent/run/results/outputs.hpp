#pragma once
// What a job will write: nothing that it reads.

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace latent {

/// An option that names a file or folder to be written; the path is empty where it was not given.
struct OutputPath {
  std::string_view option;  ///< "-o"
  std::string path;
};

/// All that a job will write. Whoever reads something asks first whether it stays.
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
  /// check_keep() for data, which may be a known set; nothing is checked for an empty name.
  void check_keep_data(const std::string& path_or_name) const;
  /// check_keep() for the files of a run directory, which may hold results beside them.
  void check_keep_run(const std::filesystem::path& run) const;
  /// @throws UsageError if one of the outputs lies in a folder all of whose pictures are data
  void check_outside(const std::string& folder) const;

 private:
  static void check_no_common_file(std::string_view option, const std::string& output,
                                   const std::vector<std::filesystem::path>& inputs, std::string_view what);

  std::vector<OutputPath> paths_;
};

}  // namespace latent

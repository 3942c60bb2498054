#pragma once
// Private to the readers of folders: which part and which class a file belongs to, by the folders that it lies in.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace latent::data {

/// What becomes of a file.
struct PlacedFile {
  enum class Part : uint8_t { train, test, left_out } part = Part::train;
  std::string label;  ///< the folder of its class; empty where its part has no classes
};

struct FolderParts {
  std::vector<PlacedFile> files;  ///< as the names given
  bool has_test = false;
  std::vector<std::string> notes, warnings;  ///< see Source
};

struct FolderPartsOptions {
  std::string what = "picture";  ///< what the files are, in notes and warnings
  /// Whether parts have any of their usual names and a single folder is looked through; without, as earlier versions
  /// took them: parts are `train` and `test`, and one file without a folder leaves all without classes.
  bool usual_names = true;
  /// Whether folders are classes; without, no file is left out for lying in none.
  bool folders_are_classes = true;
};

/// Parts are the folders train (training), test (testing) and val (valid, validation, dev), whatever the case of their
/// letters, also with "set" behind: two parts where there is a train and one of the others. Without a test, val is the
/// test part; beside one it joins the training part. A single folder is looked through, unless the files lie directly
/// in it. In a part, and where there are no parts, folders are classes if most files lie in some; others are left out.
/// @param names  paths of files within the folder, with '/' between
FolderParts parts_of_folder(std::span<const std::string> names, const FolderPartsOptions& options);

}  // namespace latent::data

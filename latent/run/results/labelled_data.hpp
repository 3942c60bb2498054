#pragma once
// Samples with labels, in forms that data::open() reads as such.

#include <latent/core/tensor.hpp>
#include <latent/data/dataset.hpp>

#include <atomic>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace latent {

/// Samples and where they come from. Looks at what belongs to others.
struct LabelledData {
  Tensor x;                         ///< (N, ...) images in [0, 1], sounds as waves, others in the units of the data
  Tensor codes;                     ///< (N, D)
  std::span<const int64_t> labels;  ///< N numbers of class_names, or empty
  std::span<const std::string> class_names, column_names;
  std::span<const int64_t> sources;  ///< N samples of `given` that each was made from
  const data::Dataset* given = nullptr;
};

/// Names of folders for classes, all different: what a path gives a meaning to is replaced ("T-shirt/top" becomes
/// "T-shirt_top"), and so are names by which a folder of images means its parts ("train", "test").
std::vector<std::string> folder_names(std::span<const std::string> class_names);

/// A folder of images, with one for each class inside where there are labels.
/// @param stop  as write_image_folder()   @throws IoError, Interrupted
void write_labelled_folder(const std::filesystem::path& path, const LabelledData& data,
                           const std::atomic<bool>* stop = nullptr);
/// A folder of sounds in the same way. @param data  whose x are waves (N, C, L)   @return as write_sound_folder()
std::string write_labelled_sounds(const std::filesystem::path& path, const LabelledData& data, int64_t rate,
                                  const std::atomic<bool>* stop = nullptr);
/// x; codes; sources (i64); where there are labels y (i64), the classes' numbers, and label_names; source_data_index,
/// the sources' numbers in the whole data, and source_files where they have files. @throws IoError
void write_labelled_npz(const std::filesystem::path& path, const LabelledData& data);
/// One row for each sample; the last column, "label", holds the names of the classes where there are labels.
/// @throws IoError
void write_labelled_csv(const std::filesystem::path& path, const LabelledData& data);

}  // namespace latent

#pragma once
// What open() is made of: one reader for each form of data, and what they share.

#include <latent/data/array_dataset.hpp>
#include <latent/data/dataset.hpp>
#include <latent/formats/file.hpp>

#include <filesystem>

namespace latent::data {

/// A file's bytes, unpacked where they were gzip.
struct FileBytes {
  std::string path;
  std::shared_ptr<const MappedFile> file;
  std::vector<std::byte> unpacked;  ///< empty unless the file is gzip

  bool packed() const { return is_gzip(file->bytes()); }
  std::span<const std::byte> bytes() const { return packed() ? std::span<const std::byte>(unpacked) : file->bytes(); }
};
/// Gzip is judged by its beginning before the rest is unpacked, which takes no more than unpack_limit().
/// @throws IoError; DataError for an empty file, damaged gzip, and gzip that holds no form of data or promises too much
FileBytes read_file(const std::filesystem::path& path);

/// Whether bytes may be text, by the first of them: it has no NUL and few other control characters.
bool looks_like_text(std::span<const std::byte> bytes);

/// `file` if x looks into its mapped bytes, null if x has memory of its own.
std::shared_ptr<const MappedFile> file_behind(const Tensor& x, const std::shared_ptr<const MappedFile>& file);

/// An array as a reader found it.
struct ArrayPart {
  Tensor x;
  /// Class numbers as stored (any values), or empty.
  std::vector<int64_t> labels;
  std::string path;
  std::shared_ptr<const MappedFile> file;  ///< null unless x looks into it
  bool is_bool = false;                    ///< u8 whose 1 is true, not 1 of 255
  std::vector<std::string> names = {};     ///< names of the samples, or empty
  /// The name of each sample's class, or empty: labels of texts, or what numbers are called.
  std::vector<std::string> label_names = {};
};

/// Both parts of an array source; they become one by array_source().
struct ArrayParts {
  std::string name, format;
  ArrayPart train;
  std::optional<ArrayPart> test;
  std::vector<std::string> class_names;  ///< empty: classes are called by the numbers found
  std::vector<std::string> notes = {};   ///< see Source::notes
};

/// Tells images from samples (N, D), resizes, standardises and names the classes, as open() promises.
/// @throws as open()
Source array_source(ArrayParts parts, const OpenOptions& options);

/// The training rows that statistics may look at, ascending: those that select() will not hold out, or empty for all.
std::vector<int64_t> statistics_rows(int64_t n, bool has_test_part, const OpenOptions& options);

/// The standardisation of samples (N, D): the one given in the options, or derived from `rows`.
/// @throws std::invalid_argument if the given one has another number of columns; DataError for unusable values
Transform transform_of_samples(const Tensor& x, const Kind& kind, std::span<const int64_t> rows,
                               const OpenOptions& options, const Origin& origin);

/// Series that were asked for, or that a form of files holds: array_source() of arrays (T), (T, C) and (N, C, L) with
/// OpenOptions::series, and (N, L) where each series is a sample. @throws as open()
Source series_source(ArrayParts parts, const OpenOptions& options);

// --- one reader each; all throw as open() ---

/// An IDX file of images or samples, with the labels that lie beside it.
Source open_idx(const FileBytes& file, const std::string& name, const OpenOptions& options);
/// Whether a folder holds MNIST's files (train-images...).
bool has_idx_files(const std::filesystem::path& folder);
Source open_idx_folder(const std::filesystem::path& folder, const std::string& name, const OpenOptions& options,
                       std::vector<std::string> class_names = {});
bool is_npy(std::span<const std::byte> bytes);
bool is_npz(std::span<const std::byte> bytes);
Source open_npy(const FileBytes& file, const std::string& name, const OpenOptions& options);
Source open_npz(const FileBytes& file, const std::string& name, const OpenOptions& options);
Source open_cifar(const FileBytes& file, const std::string& name, const OpenOptions& options);
/// Whether a folder holds CIFAR's files (data_batch_1.bin ..., or train.bin).
bool has_cifar_files(const std::filesystem::path& folder);
Source open_cifar_folder(const std::filesystem::path& folder, const std::string& name, const OpenOptions& options);
Source open_table(const FileBytes& file, const std::string& name, const OpenOptions& options);
/// A single picture.
Source open_image(const FileBytes& file, const std::string& name, const OpenOptions& options);
/// Pictures in a folder and below, in the parts and classes that parts_of_folder() finds.
Source open_image_folder(const std::filesystem::path& folder, const std::string& name, const OpenOptions& options);
/// A single sound, in slices.
Source open_sound(const FileBytes& file, const std::string& name, const OpenOptions& options);
/// Whether a folder is one of sounds: more files in it and below are named like sounds than like pictures.
bool has_sounds(const std::filesystem::path& folder);
/// Sounds in a folder and below, in the parts and classes that parts_of_folder() finds.
Source open_sound_folder(const std::filesystem::path& folder, const std::string& name, const OpenOptions& options);
/// Series of the UCR/UEA archive (.ts); NAME_TRAIN.ts and NAME_TEST.ts beside each other are the two parts.
Source open_ts(const FileBytes& file, const std::string& name, const OpenOptions& options);
/// The only NAME_TRAIN.ts of a folder; nothing where there is none, or more than one.
std::optional<std::filesystem::path> ts_in_folder(const std::filesystem::path& folder);
/// A table whose rows follow each other in time, in windows.
Source open_series_table(const FileBytes& file, const std::string& name, const OpenOptions& options);
/// The generated set: "shapes" or "shapes:N".
Source open_shapes(const std::string& name, const OpenOptions& options);

}  // namespace latent::data

#pragma once
// Files of results: their form is the ending of their path.

#include <latent/core/tensor.hpp>
#include <latent/data/dataset.hpp>

#include <atomic>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace latent {

enum class Form : uint8_t { png, gif, svg, npy, npz, csv, folder, lac, wav };
std::string_view name_of(Form form);
/// The form that the ending of a path stands for; a folder where it has none. @throws UsageError for other endings
Form form_of(const std::string& path);

/// What is done where something is already.
enum class Existing : uint8_t { refuse, replace };

struct ResultFile {
  std::filesystem::path path;
  Form form = Form::png;
};

/// At most so many samples are drawn into one picture, and written as pictures of their own.
constexpr int64_t kMostPictures = 4096;
constexpr int64_t kMostFiles = 999'999;
/// Whether `count` samples fit the form.
/// @param fewer  how to ask for fewer, for the advice: "or draw fewer (-n)"
/// @throws UsageError
void check_fits_form(const ResultFile& file, int64_t count, std::string_view fewer);

/// Whether a model of this kind of data can answer in this form: a folder needs images, a table needs columns.
/// @throws UsageError
void check_form_fits(const ResultFile& file, const data::Kind& kind);

/// Whether all that the folder holds are numbered pictures, directly or in folders of classes: what
/// write_image_folder() made. @throws UsageError naming the file that is none
void check_pictures_only(const std::filesystem::path& folder);

/// A folder of "000000.png", "000001.png", ...: made beside its place and renamed, so that it is whole or not there.
/// @param images   (N, C, H, W) f32 in [0, 1]
/// @param folders  empty, or for each image the name of the folder inside that it goes to
/// @param stop     looked at before each picture; may be null
/// @throws IoError; Interrupted if `stop` was set: nothing of the folder is left
void write_image_folder(const std::filesystem::path& path, const Tensor& images,
                        std::span<const std::string> folders = {}, const std::atomic<bool>* stop = nullptr);

}  // namespace latent

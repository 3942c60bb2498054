#pragma once
// Which sample a row of a result is: its number in the whole data, its file where it has one, and its class.

#include <latent/core/tensor.hpp>
#include <latent/data/dataset.hpp>
#include <latent/data/known_classes.hpp>
#include <latent/formats/csv_writer.hpp>
#include <latent/formats/npy.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace latent {

/// Cells for tables of text. Commands number the samples of the part that they use from 0 on (`index`, --query,
/// --items); `data_index` is the number in the whole data, whatever the part: it stays the same with another --split.
class SampleColumns {
 public:
  /// @param samples  must outlive this   @param prefix  before the columns' names: "neighbor_"
  explicit SampleColumns(const data::Dataset& samples, std::string prefix = {});

  /// Puts "data_index", and "file" where samples have files, into the first row.
  void add_names(CsvWriter& writer) const;
  /// Puts the cells of sample `i` into its row: 17, dogs/3.png.
  void add_cells(CsvWriter& writer, int64_t i) const;

 private:
  const data::Dataset& samples_;
  std::string prefix_;
};

/// What an .npz gets: write_npz(path, numbers, texts).
struct NpzContents {
  std::vector<std::pair<std::string, Tensor>> numbers;
  std::vector<std::pair<std::string, TextValues>> texts = {};
};

/// Appends "data_index" (N) i64, and "files" (N) of texts where samples have files.
void add_sample_arrays(NpzContents& arrays, const data::Dataset& samples);
/// The same for chosen samples, with names and sizes of the caller's.
/// @param sizes  those of both arrays, with as many elements as are chosen
void add_sample_arrays(NpzContents& arrays, const data::Dataset& samples, std::span<const int64_t> chosen,
                       const Shape& sizes, const std::string& index_name, const std::string& files_name);
/// Appends "labels" (N) i64, the numbers of classes, and "label_names" (N) of texts; nothing without labels.
void add_label_arrays(NpzContents& arrays, const data::NamedLabels& labels);

/// Whether the last column of a table is "label", the name of a sample's class, where samples have classes.
enum class LabelColumn : uint8_t { none, last };

/// write_csv() with the columns of SampleColumns, and then the label, behind the others. Row i is sample i.
/// @param rows  (N, D), f32 or f64   @throws IoError
void write_sample_table(const std::filesystem::path& path, const std::vector<std::string>& column_names,
                        const Tensor& rows, const data::Dataset& samples, LabelColumn label = LabelColumn::none);

}  // namespace latent

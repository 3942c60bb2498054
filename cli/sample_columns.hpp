#pragma once
// Which sample a row of a result is: its number in the whole data, and its file where it has one.

#include <latent/core/tensor.hpp>
#include <latent/data/dataset.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latent::cli {

/// Cells for tables of text. Commands number the samples of the part that they use from 0 on (`index`, --query,
/// --items); `data_index` is the number in the whole data, whatever the part: it stays the same with another --split.
class SampleColumns {
 public:
  /// @param prefix  before the columns' names: "neighbor_"
  explicit SampleColumns(const data::Dataset& samples, std::string prefix = {});

  /// "data_index", and "file" where samples have files.
  std::vector<std::string> names() const;
  /// ",data_index,file": to be appended to a header.
  std::string header() const;
  /// ",17,dogs/3.png": to be appended to the row of sample `i`.
  std::string cells(int64_t i) const;

 private:
  const data::Dataset& samples_;
  std::string prefix_;
};

/// Appends to the arrays of an .npz: "data_index" (N) i64, and "files" (N, L) u8, UTF-8 filled up with zeros, where
/// samples have files.
void add_sample_arrays(std::vector<std::pair<std::string, Tensor>>& arrays, const data::Dataset& samples);
/// The same for chosen samples, with names of the caller's: `index_name`, and `files_name`.
void add_sample_arrays(std::vector<std::pair<std::string, Tensor>>& arrays, const data::Dataset& samples,
                       std::span<const int64_t> chosen, const std::string& index_name, const std::string& files_name);

/// write_csv() with the columns of SampleColumns behind the others. Row i is sample i.
/// @param rows  (N, D), f32 or f64   @throws IoError
void write_sample_table(const std::filesystem::path& path, const std::vector<std::string>& column_names,
                        const Tensor& rows, const data::Dataset& samples);

}  // namespace latent::cli

#include <cli/sample_columns.hpp>

#include <cli/csv_cell.hpp>

#include <latent/formats/file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace latent::cli {

SampleColumns::SampleColumns(const data::Dataset& samples, std::string prefix)
    : samples_(samples), prefix_(std::move(prefix)) {}

std::vector<std::string> SampleColumns::names() const {
  std::vector<std::string> names = {prefix_ + "data_index"};
  if (samples_.has_sample_names()) names.push_back(prefix_ + "file");
  return names;
}

std::string SampleColumns::header() const {
  std::string text;
  for (const std::string& name : names()) text += "," + name;
  return text;
}

std::string SampleColumns::cells(int64_t i) const {
  std::string text = fmt::format(",{}", samples_.source_index(i));
  if (samples_.has_sample_names()) text += "," + csv_cell(samples_.sample_name(i));
  return text;
}

void add_sample_arrays(std::vector<std::pair<std::string, Tensor>>& arrays, const data::Dataset& samples,
                       std::span<const int64_t> chosen, const std::string& index_name, const std::string& files_name) {
  const auto N = static_cast<int64_t>(chosen.size());
  std::vector<int64_t> numbers;
  for (const int64_t i : chosen) numbers.push_back(samples.source_index(i));
  arrays.emplace_back(index_name, Tensor::from(numbers, {N}));
  if (!samples.has_sample_names()) return;
  std::vector<std::string> names;
  size_t longest = 1;
  for (const int64_t i : chosen) {
    names.push_back(samples.sample_name(i));
    longest = std::max(longest, names.back().size());
  }
  Tensor files = Tensor::full({N, static_cast<int64_t>(longest)}, 0.0, DType::u8);
  for (size_t i = 0; i < names.size(); ++i) {
    std::transform(names[i].begin(), names[i].end(), files.data<uint8_t>() + i * longest,
                   [](char c) { return static_cast<uint8_t>(c); });
  }
  arrays.emplace_back(files_name, files);
}

void add_sample_arrays(std::vector<std::pair<std::string, Tensor>>& arrays, const data::Dataset& samples) {
  std::vector<int64_t> all(static_cast<size_t>(samples.size()));
  std::iota(all.begin(), all.end(), int64_t{0});
  add_sample_arrays(arrays, samples, all, "data_index", "files");
}

void write_sample_table(const std::filesystem::path& path, const std::vector<std::string>& column_names,
                        const Tensor& rows, const data::Dataset& samples) {
  const auto columns = static_cast<size_t>(rows.dim(1));
  const SampleColumns of_sample(samples);
  replace_file(path, [&](Sink& sink) {
    std::string line;
    for (const std::string& name : column_names) line += (line.empty() ? "" : ",") + csv_cell(name);
    sink.write(line + of_sample.header() + "\n");
    for (int64_t row = 0; row < rows.dim(0); ++row) {
      const size_t first = static_cast<size_t>(row) * columns;
      line = rows.dtype() == DType::f32
                 ? fmt::format("{}", fmt::join(rows.span<float>().subspan(first, columns), ","))
                 : fmt::format("{}", fmt::join(rows.span<double>().subspan(first, columns), ","));
      sink.write(line + of_sample.cells(row) + "\n");
    }
  });
}

}  // namespace latent::cli

#include <latent/run/tables/sample_columns.hpp>

#include <latent/formats/csv.hpp>

#include <numeric>

namespace latent {

SampleColumns::SampleColumns(const data::Dataset& samples, std::string prefix)
    : samples_(samples), prefix_(std::move(prefix)) {}

void SampleColumns::add_names(CsvWriter& writer) const {
  writer.name(prefix_ + "data_index");
  if (samples_.has_sample_names()) writer.name(prefix_ + std::string(samples_.kind().sample_name));
}

void SampleColumns::add_cells(CsvWriter& writer, int64_t i) const {
  writer.cell(samples_.source_index(i));
  if (samples_.has_sample_names()) writer.cell(samples_.sample_name(i));
}

void add_sample_arrays(NpzContents& arrays, const data::Dataset& samples, std::span<const int64_t> chosen,
                       const Shape& sizes, const std::string& index_name, const std::string& files_name) {
  std::vector<int64_t> numbers;
  for (const int64_t i : chosen) numbers.push_back(samples.source_index(i));
  arrays.numbers.emplace_back(index_name, Tensor::from(numbers, sizes));
  if (!samples.has_sample_names()) return;
  std::vector<std::string> names;
  for (const int64_t i : chosen) names.push_back(samples.sample_name(i));
  arrays.texts.emplace_back(files_name, TextValues(std::move(names), {sizes.sizes().begin(), sizes.sizes().end()}));
}

void add_sample_arrays(NpzContents& arrays, const data::Dataset& samples) {
  std::vector<int64_t> all(static_cast<size_t>(samples.size()));
  std::iota(all.begin(), all.end(), int64_t{0});
  add_sample_arrays(arrays, samples, all, {samples.size()}, "data_index",
                    std::string(samples.kind().sample_name) + "s");
}

void add_label_arrays(NpzContents& arrays, const data::NamedLabels& labels) {
  if (labels.numbers.empty()) return;
  arrays.numbers.emplace_back("labels", Tensor::from(labels.numbers, {static_cast<int64_t>(labels.numbers.size())}));
  arrays.texts.emplace_back("label_names", labels.names);
}

void write_sample_table(const std::filesystem::path& path, const std::vector<std::string>& column_names,
                        const Tensor& rows, const data::Dataset& samples, LabelColumn label) {
  const SampleColumns of_sample(samples);
  std::vector<std::string> labels;
  if (label == LabelColumn::last) labels = data::named_labels(samples).names;
  const auto add_names = [&](CsvWriter& writer) {
    of_sample.add_names(writer);
    if (!labels.empty()) writer.name("label");
  };
  const auto add_cells = [&](CsvWriter& writer, int64_t row) {
    of_sample.add_cells(writer, row);
    if (!labels.empty()) writer.cell(labels[static_cast<size_t>(row)]);
  };
  write_csv(path, column_names, rows, {add_names, add_cells});
}

}  // namespace latent

#include <latent/run/results/labelled_data.hpp>

#include <latent/data/known_classes.hpp>
#include <latent/formats/csv_writer.hpp>
#include <latent/formats/npy.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/run/sounds/sounds.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace latent {

namespace {

// The columns' names, and one for the label that none of them has.
void write_labelled_header(CsvWriter& writer, const LabelledData& data, size_t columns) {
  std::string label = "label";
  for (size_t d = 0; d < columns; ++d) {
    const std::string name = data.column_names.empty() ? fmt::format("column_{}", d) : data.column_names[d];
    writer.name(name);
    if (name == label) label = "class";
  }
  if (!data.labels.empty()) writer.name(label);
  writer.end_row();
}

}  // namespace

std::vector<std::string> folder_names(std::span<const std::string> class_names) {
  std::vector<std::string> names;
  for (std::string name : class_names) {
    for (char& c : name) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\') c = '_';
    }
    if (name.empty() || name.front() == '.' || name == "train" || name == "test") name.insert(0, "class_");
    constexpr size_t kLongest = 200;  // file systems end at 255 bytes
    name.resize(std::min(name.size(), kLongest));
    while (std::ranges::find(names, name) != names.end()) name += "_";
    names.push_back(name);
  }
  return names;
}

namespace {

// For each sample the folder of its class.
std::vector<std::string> folders_of(const LabelledData& data) {
  const std::vector<std::string> names = folder_names(data.class_names);
  std::vector<std::string> folders;
  for (const int64_t label : data.labels) folders.push_back(names[static_cast<size_t>(label)]);
  return folders;
}

}  // namespace

void write_labelled_folder(const std::filesystem::path& path, const LabelledData& data, const std::atomic<bool>* stop) {
  write_image_folder(path, data.x, folders_of(data), stop);
}

std::string write_labelled_sounds(const std::filesystem::path& path, const LabelledData& data, int64_t rate,
                                  const std::atomic<bool>* stop) {
  return write_sound_folder(path, data.x, rate, folders_of(data), stop);
}

void write_labelled_npz(const std::filesystem::path& path, const LabelledData& data) {
  const Shape one_each{data.x.dim(0)};
  const data::NamedLabels named = data::named_labels(data.labels, data.class_names);
  NpzContents arrays{{{"x", data.x}}};
  if (!data.labels.empty()) arrays.numbers.emplace_back("y", Tensor::from(named.numbers, one_each));
  arrays.numbers.emplace_back("codes", data.codes);
  arrays.numbers.emplace_back("sources", Tensor::from(data.sources, one_each));
  if (data.given) add_sample_arrays(arrays, *data.given, data.sources, one_each, "source_data_index", "source_files");
  if (!data.labels.empty()) arrays.texts.emplace_back("label_names", named.names);
  write_npz(path, arrays.numbers, arrays.texts);
}

void write_labelled_csv(const std::filesystem::path& path, const LabelledData& data) {
  const auto columns = static_cast<size_t>(data.x.shape().tail().numel());
  const Tensor x = data.x.to(DType::f64);
  const std::span<const double> doubles = x.span<double>();
  const bool is_double = data.x.dtype() == DType::f64;
  replace_file(path, [&](Sink& sink) {
    CsvWriter writer(sink);
    write_labelled_header(writer, data, columns);
    for (size_t row = 0; row < static_cast<size_t>(data.x.dim(0)); ++row) {
      for (const double value : doubles.subspan(row * columns, columns)) {
        if (is_double) {
          writer.cell(value);
        } else {
          writer.cell(static_cast<float>(value));  // in its own, fewer digits
        }
      }
      if (!data.labels.empty()) writer.cell(data.class_names[static_cast<size_t>(data.labels[row])]);
      writer.end_row();
    }
  });
}

}  // namespace latent

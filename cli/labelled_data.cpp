#include <cli/labelled_data.hpp>

#include <cli/result_file.hpp>
#include <cli/sample_columns.hpp>

#include <latent/formats/file.hpp>
#include <latent/formats/npy.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace latent::cli {

namespace {

// A cell as RFC 4180 wants it.
std::string cell(const std::string& text) {
  if (text.find_first_of(",;\t\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

// The columns' names, and one for the label that none of them has.
std::string header(const LabelledData& data, size_t columns) {
  std::string line, label = "label";
  for (size_t d = 0; d < columns; ++d) {
    const std::string name = data.column_names.empty() ? fmt::format("column_{}", d) : data.column_names[d];
    line += (d > 0 ? "," : "") + cell(name);
    if (name == label) label = "class";
  }
  return data.labels.empty() ? line + "\n" : line + "," + label + "\n";
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

void write_labelled_folder(const std::filesystem::path& path, const LabelledData& data) {
  const std::vector<std::string> names = folder_names(data.class_names);
  std::vector<std::string> folders;
  for (const int64_t label : data.labels) folders.push_back(names[static_cast<size_t>(label)]);
  write_image_folder(path, data.x, folders);
}

void write_labelled_npz(const std::filesystem::path& path, const LabelledData& data) {
  const Shape one_each{data.x.dim(0)};
  std::vector<std::pair<std::string, Tensor>> arrays = {{"x", data.x}};
  if (!data.labels.empty()) arrays.emplace_back("y", Tensor::from(data.labels, one_each));
  arrays.emplace_back("codes", data.codes);
  arrays.emplace_back("sources", Tensor::from(data.sources, one_each));
  if (data.given) add_sample_arrays(arrays, *data.given, data.sources, "source_data_index", "source_files");
  write_npz(path, arrays);
}

void write_labelled_csv(const std::filesystem::path& path, const LabelledData& data) {
  const auto columns = static_cast<size_t>(data.x.shape().tail().numel());
  const std::span<const float> values = data.x.span<float>();
  replace_file(path, [&](Sink& sink) {
    sink.write(header(data, columns));
    for (size_t row = 0; row < static_cast<size_t>(data.x.dim(0)); ++row) {
      std::string line = fmt::format("{}", fmt::join(values.subspan(row * columns, columns), ","));
      if (!data.labels.empty()) line += "," + cell(data.class_names[static_cast<size_t>(data.labels[row])]);
      sink.write(line + "\n");
    }
  });
}

}  // namespace latent::cli

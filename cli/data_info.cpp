// latent data info DATA: what a data set is, and which model would be trained on it.

#include "command.hpp"
#include "input.hpp"
#include "model_options.hpp"
#include "options.hpp"
#include "output.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace latent::cli {

namespace {

struct Range {
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  double mean = 0.0;
};

// Of model values, over at most kLooked samples spread over the set.
Range range_of(const data::Dataset& samples) {
  constexpr int64_t kLooked = 2000;
  const int64_t count = std::min(kLooked, samples.size());
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < count; ++i) indices.push_back(i * samples.size() / count);
  constexpr int64_t kAtOnce = 64;
  Range range;
  double sum = 0.0;
  int64_t values = 0;
  for (int64_t begin = 0; begin < count; begin += kAtOnce) {
    const std::span<const int64_t> some(indices.data() + begin, static_cast<size_t>(std::min(kAtOnce, count - begin)));
    const Tensor x = samples.batch(some);
    for (const float value : x.span<float>()) {
      range.min = std::min(range.min, static_cast<double>(value));
      range.max = std::max(range.max, static_cast<double>(value));
      sum += static_cast<double>(value);
    }
    values += x.numel();
  }
  range.mean = values > 0 ? sum / static_cast<double>(values) : 0.0;
  return range;
}

std::vector<int64_t> class_counts(const data::Dataset& samples) {
  std::vector<int64_t> counts(samples.class_names().size());
  for (const int64_t label : samples.labels()) {
    if (label >= 0 && label < static_cast<int64_t>(counts.size())) ++counts[static_cast<size_t>(label)];
  }
  return counts;
}

std::string bytes_text(const data::Storage& storage) {
  constexpr double kMega = 1e6;
  return fmt::format("{:.1f} MB {}", static_cast<double>(storage.bytes) / kMega,
                     storage.mapped ? "in a mapped file" : "in memory");
}

class DataInfo : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DATA", path_, "a known set (fashion-mnist, shapes), or a file or folder")->required();
    data_.declare(app);
  }

  Result run() override {
    const data::Source source = read_input([&] { return data::open(path_, data_.open_options()); });
    const data::Dataset& train = *source.train;
    Result result;
    Table table;
    const auto sizes = train.sample_shape().sizes();
    const int64_t test_samples = source.test ? source.test->size() : 0;
    result.json = {{"name", source.name},
                   {"format", source.format},
                   {"kind", data::name_of(train.kind())},
                   {"train_samples", train.size()},
                   {"test_samples", test_samples},
                   {"sample_shape", std::vector<int64_t>(sizes.begin(), sizes.end())},
                   {"stored_dtype", latent::name_of(train.stored_dtype())},
                   {"bytes", train.storage().bytes}};
    table.row("data", fmt::format("{} ({}, {})", source.name, source.format, data::name_of(train.kind())));
    table.row("samples", source.test ? fmt::format("{} to train, {} to test", grouped(train.size()), grouped(test_samples))
                                     : fmt::format("{}, no test part (train holds out a tenth)", grouped(train.size())));
    table.row("sample", fmt::format("{}{}", train.sample_shape().str(), sizes.size() == 3 ? " (channels, height, width)" : ""));
    table.row("stored as", fmt::format("{}, {}", latent::name_of(train.stored_dtype()), bytes_text(train.storage())));
    const Range range = range_of(train);
    result.json["model_values"] = {{"min", range.min}, {"mean", range.mean}, {"max", range.max}};
    table.row("model sees", fmt::format("{:.4g} to {:.4g}, mean {:.4g}", range.min, range.max, range.mean));
    describe_classes(train, result, table);
    describe_factors(train, result, table);
    result.json["default_preset"] = ModelOptions{}.preset_name(train.kind());
    table.row("default model", ModelOptions{}.preset_name(train.kind()));
    result.text = table.str() + columns_text(train, result);
    return result;
  }

 private:
  static void describe_classes(const data::Dataset& train, Result& result, Table& table) {
    const std::vector<int64_t> counts = class_counts(train);
    if (counts.empty()) return;
    constexpr size_t kShown = 12;
    std::string text;
    Json classes = Json::array();
    for (size_t i = 0; i < counts.size(); ++i) {
      classes.push_back({{"name", train.class_names()[i]}, {"samples", counts[i]}});
      if (i < kShown) text += fmt::format("{}{} ({})", i > 0 ? ", " : "", train.class_names()[i], grouped(counts[i]));
    }
    if (counts.size() > kShown) text += ", ...";
    result.json["classes"] = std::move(classes);
    table.row("classes", fmt::format("{}: {}", counts.size(), text));
  }

  static void describe_factors(const data::Dataset& train, Result& result, Table& table) {
    std::string text;
    for (const std::string& name : train.factor_names()) {
      text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
      result.json["factors"].push_back(name);
    }
    if (!text.empty()) table.row("known factors", text);
  }

  // A line for each column of a table, in stored units.
  static std::string columns_text(const data::Dataset& train, Result& result) {
    const std::vector<data::ColumnSummary> columns = train.column_summaries();
    constexpr size_t kShown = 40;
    std::string text;
    for (size_t i = 0; i < columns.size(); ++i) {
      const data::ColumnSummary& column = columns[i];
      const std::string& name = train.column_names()[i];
      result.json["columns"].push_back(
          {{"name", name}, {"min", column.min}, {"mean", column.mean}, {"max", column.max}, {"missing", column.missing}});
      if (i >= kShown) continue;
      text += fmt::format("  {:<20}  {:>10.4g} to {:>10.4g}, mean {:>10.4g}{}\n", one_line(name), column.min, column.max,
                          column.mean, column.missing > 0 ? fmt::format(", {} missing", grouped(column.missing)) : "");
    }
    if (columns.size() > kShown) text += fmt::format("  ... and {} more columns (--json lists all)\n", columns.size() - kShown);
    return text.empty() ? text : "columns\n" + text;
  }

  std::string path_;
  DataOptions data_;
};

}  // namespace

std::unique_ptr<Command> make_data_info() { return std::make_unique<DataInfo>(); }

}  // namespace latent::cli

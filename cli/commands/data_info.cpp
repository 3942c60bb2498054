// latent data info DATA: what a data set is, and which model would be trained on it.

#include <cli/command.hpp>
#include <cli/input.hpp>
#include <cli/options.hpp>
#include <cli/output.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/text.hpp>
#include <latent/data/describe.hpp>
#include <latent/data/time_stamps.hpp>
#include <latent/run/training/suggested_model.hpp>

#include <fmt/format.h>

#include <utility>

namespace latent::cli {

namespace {

using nlohmann::json;

std::string samples_text(const json& parts) {
  const std::string train = grouped(parts.at("train").get<int64_t>());
  if (parts.contains("test"))
    return fmt::format("{} to train, {} to test", train, grouped(parts.at("test").get<int64_t>()));
  return fmt::format("{}, no test part (train holds out a tenth for validation)", train);
}

std::string byte_count(double bytes) {
  constexpr double kKilo = 1e3, kMega = 1e6, kGiga = 1e9;
  if (bytes < kMega) return fmt::format("{:.1f} kB", bytes / kKilo);
  return bytes < kGiga ? fmt::format("{:.1f} MB", bytes / kMega) : fmt::format("{:.1f} GB", bytes / kGiga);
}

std::string storage_text(const json& description) {
  return fmt::format("{}, {} {}", description.at("stored_type").get<std::string>(),
                     byte_count(description.at("bytes").get<double>()),
                     description.at("mapped").get<bool>() ? "in mapped files" : "in memory");
}

std::string standardised_text(const json& description) {
  const data::Kind& kind = data::kind_from(description.at("kind").get<std::string>());
  return fmt::format(" (each {} standardised)", kind.has_columns ? "column" : "channel");
}

std::string values_text(const json& description) {
  const json& range = description.at("value_range");
  return fmt::format("{:.4g} to {:.4g}{}", range.at("min").get<double>(), range.at("max").get<double>(),
                     description.at("standardised").get<bool>() ? standardised_text(description) : "");
}

std::string classes_text(const json& classes) {
  constexpr size_t kShown = 12;
  std::string text = fmt::format("{}:", classes.size());
  for (size_t i = 0; i < std::min(kShown, classes.size()); ++i) {
    text += fmt::format("{} {} ({})", i > 0 ? "," : "", classes[i].at("name").get<std::string>(),
                        grouped(classes[i].at("train").get<int64_t>()));
  }
  return classes.size() > kShown ? text + ", ..." : text;
}

std::string factors_text(const json& factors) {
  std::string text;
  for (const json& factor : factors) {
    text += fmt::format("{}{} ({} values)", text.empty() ? "" : ", ", factor.at("name").get<std::string>(),
                        factor.at("levels").get<int64_t>());
  }
  return text;
}

// A line for each column of a table, in stored units.
std::string columns_text(const json& columns) {
  constexpr size_t kShown = 40;
  std::string text = "columns\n";
  for (size_t i = 0; i < std::min(kShown, columns.size()); ++i) {
    const json& column = columns[i];
    const int64_t missing = column.at("missing").get<int64_t>();
    text += fmt::format("  {:<24}  {:>10.4g} to {:>10.4g}, mean {:>10.4g}{}\n",
                        one_line(column.at("name").get<std::string>()), column.at("min").get<double>(),
                        column.at("max").get<double>(), column.at("mean").get<double>(),
                        missing > 0 ? fmt::format(", {} missing", grouped(missing)) : "");
  }
  if (columns.size() > kShown) text += fmt::format("  ... and {} more (--json lists all)\n", columns.size() - kShown);
  return text;
}

std::string time_row(const data::Source& source) {
  if (source.time_column.empty()) return "no column of time was found: rows count as equally far apart";
  return fmt::format("column '{}', rows usually {} apart", one_line(source.time_column),
                     data::time_text(source.step_seconds));
}

json needed_options(const TrainOptions& options) {
  json words = json::array();
  if (!options.arch.empty()) words.insert(words.end(), {"--arch", options.arch});
  if (!options.likelihood.empty()) words.insert(words.end(), {"--likelihood", options.likelihood});
  return words;
}

std::string default_text(const SuggestedModel& chosen) {
  const json& likelihood = chosen.config->at("likelihood");
  std::string text = fmt::format("{}, likelihood {}", chosen.preset, likelihood.at("name").get<std::string>());
  if (chosen.is_plain) return text;
  text += ":";
  if (!chosen.options.arch.empty()) text += " --arch " + chosen.options.arch;
  if (!chosen.options.likelihood.empty()) text += " --likelihood " + chosen.options.likelihood;
  return text + " (train refuses this data without)";
}

class DataInfo : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("DATA", path_, "a known set (fashion-mnist, shapes), or a file or folder")->required();
    data_.declare(arguments);
  }

  Result run() override {
    const data::Source source = read_input([&] { return data::open(path_, data_.open_options()); });
    tell_warnings(source);  // the notes are among the results
    json description = *data::describe(source);
    const json& range = description.at("value_range");
    const SuggestedModel chosen = suggested_model(source, range.at("min").get<double>(), range.at("max").get<double>());
    description["default_preset"] = chosen.preset;
    description["default_likelihood"] = chosen.config->at("likelihood").at("name");
    description["needed_options"] = needed_options(chosen.options);
    Table table;
    table.row("data", fmt::format("{} ({}, {})", source.name, source.format, data::name_of(source.train->kind())));
    table.row("samples", samples_text(description.at("parts")));
    const Shape shape = source.train->sample_shape();
    table.row("sample", fmt::format("{}{}", shape.str(), shape.ndim() == 3 ? " (channels, height, width)" : ""));
    if (source.train->kind() == data::Kind::series && source.format == "csv") {
      table.row("channels", one_line(fmt::format("{}", fmt::join(source.train->column_names(), ", "))));
      table.row("time", time_row(source));
      if (!source.time_column.empty()) description["time_column"] = source.time_column;
      if (source.step_seconds > 0.0) description["step_seconds"] = source.step_seconds;
    }
    table.row("stored as", storage_text(description));
    table.row("model sees", values_text(description));
    if (description.contains("classes")) table.row("classes", classes_text(description.at("classes")));
    if (description.contains("factors")) table.row("factors", factors_text(description.at("factors")));
    table.row("default model", default_text(chosen));
    for (const std::string& text : source.notes) table.row("note", text);
    if (!source.dropped.empty()) table.row("left out", fmt::format("{}", fmt::join(source.dropped, ", ")));
    Result result;
    result.text = table.str();
    if (description.contains("columns")) result.text += columns_text(description.at("columns"));
    result.json = std::move(description);
    return result;
  }

 private:
  std::string path_;
  DataOptions data_;
};

}  // namespace

std::unique_ptr<Command> make_data_info() { return std::make_unique<DataInfo>(); }

}  // namespace latent::cli

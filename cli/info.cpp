// latent info RUN|FILE: what a run or a model file is. Reads the header alone, so that it answers at once.

#include "command.hpp"
#include "input.hpp"
#include "output.hpp"

#include <latent/models/model_file.hpp>

#include <fmt/core.h>

namespace latent::cli {

namespace {

// {"name": "conv", "channels": [32, 64]} -> "conv, channels 32 64"
std::string settings_text(const nlohmann::json& settings) {
  if (!settings.is_object()) return settings.is_string() ? settings.get<std::string>() : settings.dump();
  std::string text = settings.contains("name") ? settings.at("name").get<std::string>() : "";
  for (const auto& [key, value] : settings.items()) {
    if (key == "name" || value.is_null()) continue;
    std::string shown;
    if (value.is_array()) {
      for (const nlohmann::json& element : value) shown += (shown.empty() ? "" : " ") + settings_text(element);
    } else {
      shown = value.is_object() ? fmt::format("({})", settings_text(value)) : settings_text(value);
    }
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, shown);
  }
  return text;
}

std::string data_text(const nlohmann::json& data) {
  std::string text = fmt::format("{} ({})", data.value("name", "?"), data.value("format", "?"));
  text += fmt::format(", {} training samples", grouped(data.value("train_samples", int64_t{0})));
  if (const int64_t test = data.value("test_samples", int64_t{0}); test > 0) text += fmt::format(", {} test", grouped(test));
  const double fraction = data.contains("held_out") ? data.at("held_out").value("fraction", 0.0) : 0.0;
  if (fraction > 0.0) text += fmt::format(", {:g} of the training samples held out", fraction);
  return text;
}

class Info : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("RUN", path_, "a run directory or a model file")->required();
  }

  Result run() override {
    const ModelSummary summary = read_input([&] { return summarize_model(path_); });
    int64_t values = 0;
    Json tensors = Json::array();
    for (const ModelSummary::Entry& entry : summary.tensors) {
      values += entry.shape.numel();
      const std::vector<int64_t> sizes(entry.shape.sizes().begin(), entry.shape.sizes().end());
      tensors.push_back({{"name", entry.name}, {"shape", sizes}, {"dtype", latent::name_of(entry.dtype)}});
    }
    Result result;
    result.json = {{"path", path_},         {"format_version", summary.format_version},
                   {"config", summary.config}, {"info", summary.info},
                   {"values", values},      {"tensors", tensors}};
    Table table;
    for (const auto& [key, value] : summary.config.items()) table.row(key, settings_text(value));
    table.row("weights", fmt::format("{} in {}", counted(values, "value"),
                                     counted(static_cast<int64_t>(summary.tensors.size()), "tensor")));
    for (const auto& [key, value] : summary.info.items()) {
      table.row(key, key == "data" && value.is_object() ? data_text(value) : settings_text(value));
    }
    result.text = table.str();
    return result;
  }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<Command> make_info() { return std::make_unique<Info>(); }

}  // namespace latent::cli

// latent info RUN|FILE: what a run or a model file is. Reads the header alone, so that it answers at once.

#include <cli/command.hpp>
#include <cli/input.hpp>
#include <cli/output.hpp>
#include <cli/progress.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/models/model_file.hpp>
#include <latent/training/options.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace latent::cli {

namespace {

std::string value_text(const nlohmann::json& value);

// {"name": "conv", "channels": [32, 64]} -> "conv, channels 32 64"
std::string settings_text(const nlohmann::json& settings) {
  std::string text = settings.value("name", "");
  for (const auto& [key, value] : settings.items()) {
    if (key == "name" || value.is_null()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, value_text(value));
  }
  return text;
}

std::string value_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{:g}", value.get<double>());
  if (value.is_object()) return settings_text(value);
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const nlohmann::json& element : value) text += (text.empty() ? "" : " ") + value_text(element);
  return text;
}

std::string data_text(const nlohmann::json& data) {
  std::string text = fmt::format("{} ({})", data.value("name", "?"), data.value("format", "?"));
  text += fmt::format(", {} training samples", grouped(data.value("train_samples", int64_t{0})));
  if (const int64_t test = data.value("test_samples", int64_t{0}); test > 0)
    text += fmt::format(", {} test", grouped(test));
  const double fraction = data.contains("held_out") ? data.at("held_out").value("fraction", 0.0) : 0.0;
  if (fraction > 0.0) text += fmt::format(", {:g} of the training samples held out", fraction);
  return text;
}

// What is always worth knowing, and every setting that is not the usual one.
std::string training_text(const nlohmann::json& training) {
  std::string text = fmt::format("{} of {} epochs", value_text(training.value("epochs_done", nlohmann::json(0))),
                                 value_text(training.value("epochs", nlohmann::json(0))));
  const nlohmann::json usual = *TrainingOptions().to_json();
  for (const char* key : {"batch", "optimizer", "lr", "seed", "precision"}) {
    if (training.contains(key)) text += fmt::format(", {} {}", key, value_text(training.at(key)));
  }
  constexpr std::array<std::string_view, 7> kSaid = {"epochs", "epochs_done", "batch",    "optimizer",
                                                     "lr",     "seed",        "precision"};
  for (const auto& [key, value] : training.items()) {
    if (std::find(kSaid.begin(), kSaid.end(), key) != kSaid.end() || (usual.contains(key) && usual.at(key) == value))
      continue;
    text += fmt::format(", {} {}", key, value_text(value));
  }
  return text;
}

// What a model of words knows, and what it learned from.
void add_words(const nlohmann::json& config, const nlohmann::json& info, Table& table) {
  table.row("words", fmt::format("{}, vectors of {}", grouped(config.value("words", int64_t{0})),
                                 counted(config.value("dim", int64_t{0}), "dimension")));
  if (const int64_t buckets = config.value("buckets", int64_t{0}); buckets > 0) {
    table.row("n-grams", fmt::format("{} to {} characters, {}", value_text(config.value("min_n", nlohmann::json(0))),
                                     value_text(config.value("max_n", nlohmann::json(0))), counted(buckets, "bucket")));
  }
  if (const auto training = info.find("words"); training != info.end() && training->is_object() && !training->empty())
    table.row("training", value_text(*training));
  const auto text = info.find("text");
  if (text == info.end() || !text->is_object()) return;
  table.row("text", fmt::format("{}, {} different, in {}", counted(text->value("words", int64_t{0}), "word"),
                                grouped(text->value("different_words", int64_t{0})),
                                counted(text->value("files", int64_t{0}), "file")));
}

void add_metrics(const nlohmann::json& metrics, Table& table) {
  for (const char* part : {"train", "validation", "test"}) {
    if (!metrics.contains(part) || !metrics.at(part).is_object()) continue;
    Metrics values;
    for (const auto& [name, value] : metrics.at(part).items()) {
      if (value.is_number()) values[name] = value.get<double>();
    }
    table.row(part, fmt::format("{}  (epoch {}{})", metrics_text(values),
                                value_text(metrics.value("epoch", nlohmann::json(0))),
                                is_in_nats(values) ? ", nats per sample" : ""));
  }
}

class Info : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
  }

  Result run() override {
    const ModelSummary summary = read_input([&] { return summarize_model(path_); });
    try {
      return describe(summary);
    } catch (const nlohmann::json::exception&) {
      throw DataError(path_, "its metadata do not describe a model");
    }
  }

 private:
  Result describe(const ModelSummary& summary) const {
    const nlohmann::json& config = *summary.config;
    const nlohmann::json& info = *summary.info;
    int64_t values = 0;
    Json tensors = Json::array();
    for (const ModelSummary::Entry& entry : summary.tensors) {
      values += entry.shape.numel();
      const std::vector<int64_t> sizes(entry.shape.sizes().begin(), entry.shape.sizes().end());
      tensors.push_back({{"name", entry.name}, {"shape", sizes}, {"dtype", latent::name_of(entry.dtype)}});
    }
    Result result;
    result.json = {{"path", path_},    {"format_version", summary.format_version},
                   {"config", config}, {"info", info},
                   {"values", values}, {"tensors", tensors}};
    Table table;
    for (const char* key :
         {"model", "data_shape", "latent_dim", "network", "posterior", "prior", "likelihood", "objective"}) {
      if (config.contains(key)) table.row(key, value_text(config.at(key)));
    }
    if (config.contains("sampler")) {
      table.row("new codes", fmt::format("{}, in place of the prior", value_text(config.at("sampler"))));
    }
    table.row("weights", fmt::format("{} in {}", counted(values, "value"),
                                     counted(static_cast<int64_t>(summary.tensors.size()), "tensor")));
    if (config.value("model", "") == "words") add_words(config, info, table);
    const auto object = [&info](const char* key) {
      const bool is_there = info.contains(key) && info.at(key).is_object();
      return is_there ? info.at(key) : nlohmann::json::object();
    };
    if (const nlohmann::json run = object("run"); !run.empty()) table.row("run", value_text(run));
    if (const nlohmann::json data = object("data"); !data.empty()) table.row("data", data_text(data));
    if (const nlohmann::json training = object("training"); !training.empty())
      table.row("training", training_text(training));
    add_metrics(object("metrics"), table);
    result.text = table.str();
    return result;
  }

  std::string path_;
};

}  // namespace

std::unique_ptr<Command> make_info() { return std::make_unique<Info>(); }

}  // namespace latent::cli

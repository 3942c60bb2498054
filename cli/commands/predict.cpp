// latent predict RUN DATA -o labels.csv: what a classifier takes samples for.

#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/run/classes/predictions.hpp>

#include <fmt/core.h>

#include <array>

namespace latent::cli {

namespace {

class Predict : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to classify");
    declare_output(arguments,
                   "labels.csv (the class and its probability, that of each class, the samples' numbers and files), or "
                   ".npz");
    declare_reading(arguments);
  }

  Result run() override {
    constexpr std::array kForms = {Form::csv, Form::npz};
    const ResultFile file = result_file(output_, kForms, Existing::replace);
    const Run run = open_run({{"-o", output_}});
    classifier_of(run);
    const RunData data = open_data(run);
    const Predictions predictions = predict(run, *data.samples);
    write_predictions(file, run, predictions, *data.samples);
    return report(run, data, predictions).result();
  }

 private:
  Report report(const Run& run, const RunData& data, const Predictions& predictions) const {
    const std::vector<std::string> names = class_names_of(run);
    std::vector<int64_t> counts(names.size());
    for (const int64_t c : predictions.classes) ++counts[static_cast<size_t>(c)];
    Report report;
    report.json = head(output_, data, data.samples->size());
    Json classes = Json::object();
    std::string text;
    for (size_t c = 0; c < names.size(); ++c) {
      classes[names[c]] = counts[c];
      if (counts[c] > 0)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", one_line(names[c]), grouped(counts[c]));
    }
    report.json["classes"] = classes;
    report.line(
        fmt::format("{}: {} of {}", one_line(output_), counted(data.samples->size(), "sample"), one_line(data.part())));
    report.line(text);
    return report;
  }
};

}  // namespace

std::unique_ptr<Command> make_predict() { return std::make_unique<Predict>(); }

}  // namespace latent::cli

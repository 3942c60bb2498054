// latent evaluate RUN [DATA]: figures that can be compared, with their protocol.

#include <cli/commands/quality_report.hpp>
#include <cli/fit_rows.hpp>
#include <cli/progress.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/formats/image.hpp>
#include <latent/report/matrix_chart.hpp>
#include <latent/run/evaluation/evaluation.hpp>

#include <fmt/core.h>

#include <array>
#include <cmath>

namespace latent::cli {

namespace {

std::string found_text(const ClassFigures& figures) {
  if (figures.samples == 0) return "none in this part";
  return fmt::format("{:.1f}% of {} found", 100.0 * figures.recall, grouped(figures.samples));
}

std::string taken_text(const ClassFigures& figures) {
  if (!std::isfinite(figures.precision)) return "nothing taken for it";
  return fmt::format("{:.1f}% of those taken for it are", 100.0 * figures.precision);
}

class Evaluate : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to evaluate on");
    arguments
        .add_option("--importance-samples", options_.figures.importance_samples,
                    "K of the importance-weighted bound on the log-likelihood (default: 0, leaves it out)")
        ->type_name("K")
        ->check(whole_number(0, 1'000'000));
    arguments.add_option("--batch", options_.figures.batch, "samples computed at once")
        ->type_name("N")
        ->check(whole_number(1, 1 << 20))
        ->show_default()
        ->group("Computing");
    arguments.add_option("--corrupt", corrupt_, "damage of what the encoder sees (default: as in training), or none")
        ->type_name("SPEC");
    arguments.add_flag("--factors", options_.factors,
                       "disentanglement: how far single dimensions stand for the data's known factors (MIG, DCI)");
    arguments
        .add_option("--features", features_,
                    "a run of a classifier of the same data: judges new samples of the model by its features (Fréchet "
                    "distance, precision and recall, share of each class)")
        ->type_name("CNN_RUN");
    arguments.add_option("--samples", quality_.samples, "how many new samples are judged by --features")
        ->type_name("N")
        ->check(whole_number(2, 1'000'000))
        ->show_default()
        ->needs(arguments.get_option("--features"));
    arguments.add_option("--confusion", confusion_, "a picture of what a classifier takes for what")
        ->type_name("FILE.png");
    arguments.add_option("--errors", errors_, "a picture of the errors that a classifier is surest about")
        ->type_name("FILE.png");
    declare_reading(arguments, "seed of the draws of codes and of damage");
  }

  Result run() override {
    data::Corruption& corruption = options_.figures.corruption;
    if (!corrupt_.empty()) corruption = parse_corruption(corrupt_);
    for (const std::string& picture : {confusion_, errors_}) {
      constexpr std::array kForms = {Form::png};
      if (!picture.empty()) result_file(picture, kForms, Existing::replace);
    }
    const Run run = open_run({{"--confusion", confusion_}, {"--errors", errors_}});
    if (!confusion_.empty() || !errors_.empty()) classifier_of(run);
    if (corrupt_.empty()) corruption = run.corruption();
    const RunData data = open_data(run);
    options_.figures.seed = seed_;
    options_.precision = precision_from(compute_.precision);
    std::optional<Run> features;
    if (!features_.empty()) {
      features = cli::open_run(features_, compute_, {});
      quality_.seed = seed_;
      quality_.read = data_.overrides();
      check_generated_quality(run, data, *features, quality_);
    }
    Report found = report(run, data, evaluate_run(run, data, options_));
    if (features) add_generated_quality(found, measure_generated(run, data, *features, quality_), features_, seed_);
    return found.result();
  }

 private:
  Report report(const Run& run, const RunData& data, const RunEvaluation& evaluation) const {
    const Evaluation& figures = evaluation.figures;
    Report report;
    report.json = {{"run", path_}, {"data", data.source}, {"split", data.split}, {"samples", figures.samples}};
    if (evaluation.classification) {
      add_classification(report, run, data, evaluation);
    } else {
      for (const char* name : {"elbo", "reconstruction", "kl"}) {
        const auto found = figures.terms.find(name);
        report.figure(name, found == figures.terms.end() ? std::nullopt : std::optional(found->second), "{:.3f}");
      }
    }
    report.figure("bits_per_dim", figures.bits_per_dim, "{:.4f}");
    if (figures.nll) {
      report.figure("nll", figures.nll, "{:.3f}");
      report.json["importance_samples"] = figures.importance_samples;
    }
    report.json["fit"] = evaluation.fit ? fit_json(*evaluation.fit) : Json();
    if (evaluation.fit) add_fit_rows(report.table, *evaluation.fit);
    for (const Diagnosis& diagnosis : evaluation.diagnoses) tell(diagnosis);
    report.both("active_units", figures.active_units,
                fmt::format("{} of {}", figures.active_units, run.model->latent_dim()));
    report.json["perplexity"] = number_or_null(figures.perplexity);
    if (figures.perplexity) {
      report.row("perplexity", fmt::format("{:.1f} of {} entries of a codebook in use", *figures.perplexity,
                                           run.model->codebook_size()));
    }
    report.json["kl_per_dim"] = figures.kl_per_dim;
    std::string per_dim;
    for (const double kl : figures.kl_per_dim) per_dim += fmt::format("{}{:.2f}", per_dim.empty() ? "" : " ", kl);
    if (!per_dim.empty()) report.row("kl per dim", per_dim);
    if (evaluation.factors) add_factors(report, *evaluation.factors);
    if (evaluation.generated) add_generated_rows(report, *evaluation.generated, evaluation.column_names, data);
    report.json.update({{"seed", seed_},
                        {"corrupt", options_.figures.corruption.str()},
                        {"precision", latent::name_of(options_.precision)}});
    return report.both("protocol", evaluation.protocol, evaluation.protocol);
  }

  void add_classification(Report& report, const Run& run, const RunData& data, const RunEvaluation& evaluation) const {
    const ClassificationFigures& figures = *evaluation.classification;
    const std::vector<std::string> names = class_names_of(run);
    report.both("accuracy", figures.accuracy,
                fmt::format("{:.2f}% of {}", 100.0 * figures.accuracy, counted(figures.samples, "sample")));
    report.both("cross_entropy", figures.cross_entropy, fmt::format("{:.4f} nats", figures.cross_entropy));
    report.both("calibration_error", figures.calibration_error,
                fmt::format("{:.2f}%  (how far its probabilities are from how often it is right)",
                            100.0 * figures.calibration_error));
    Json classes = Json::object();
    for (size_t c = 0; c < names.size(); ++c) {
      const ClassFigures& of_class = figures.classes[c];
      classes[names[c]] = {{"samples", of_class.samples},
                           {"recall", number_or_null(of_class.recall)},
                           {"precision", number_or_null(of_class.precision)}};
      report.row(c == 0 ? "classes" : "",
                 fmt::format("{}: {}, {}", one_line(names[c]), found_text(of_class), taken_text(of_class)));
    }
    report.json["classes"] = classes;
    Json confusion = Json::array();
    const int64_t C = figures.confusion.dim(0);
    for (int64_t row = 0; row < C; ++row) {
      const int64_t* counts = figures.confusion.data<int64_t>() + row * C;
      confusion.push_back(std::vector<int64_t>(counts, counts + C));
    }
    report.json["confusion"] = confusion;
    if (!confusion_.empty()) {
      write_png(confusion_, report::confusion_chart(figures.confusion, names));
      report.both("confusion_picture", confusion_, one_line(confusion_));
    }
    if (errors_.empty()) return;
    if (surest_errors(*evaluation.predictions, data.samples->labels()).empty()) {
      return note("no sample is taken for another class than its own, so that there is no picture of errors");
    }
    write_png(errors_, picture_of_errors(run, *data.samples, *evaluation.predictions).pixels);
    report.both("errors_picture", errors_, one_line(errors_));
  }

  std::string corrupt_, confusion_, errors_, features_;
  RunEvaluationOptions options_;
  GeneratedQualityOptions quality_;
};

}  // namespace

std::unique_ptr<Command> make_evaluate() { return std::make_unique<Evaluate>(); }

}  // namespace latent::cli

// latent evaluate RUN [DATA]: figures that can be compared, with their protocol.

#include <cli/command.hpp>
#include <cli/commands/factor_scores.hpp>
#include <cli/fit_rows.hpp>
#include <cli/output.hpp>
#include <cli/progress.hpp>
#include <cli/run.hpp>

#include <latent/space/linear/linear_baseline.hpp>
#include <latent/space/probes/sample_agreement.hpp>
#include <latent/training/doctor.hpp>
#include <latent/training/evaluate.hpp>
#include <latent/training/precision.hpp>

#include <fmt/core.h>

#include <cmath>

namespace latent::cli {

namespace {

class Evaluate : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data to evaluate on (default: the run's own)");
    arguments
        .add_option("--importance-samples", importance_samples_,
                    "K of the importance-weighted bound on the log-likelihood (default: 0, leaves it out)")
        ->type_name("K")
        ->check(whole_number(0, 1'000'000));
    arguments.add_option("--batch", batch_, "samples computed at once")
        ->type_name("N")
        ->check(whole_number(1, 1 << 20))
        ->show_default()
        ->group("Computing");
    arguments.add_option("--corrupt", corrupt_, "damage of what the encoder sees (default: as in training), or none")
        ->type_name("SPEC");
    arguments.add_flag("--factors", factors_,
                       "disentanglement: how far single dimensions stand for the data's known factors (MIG, DCI)");
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "of the draws of codes and of damage");
  }

  Result run() override {
    EvaluationOptions options;
    if (!corrupt_.empty()) options.corruption = parse_corruption(corrupt_);
    const Run run = open_run(path_, compute_, {});
    if (corrupt_.empty()) options.corruption = run.corruption();
    const RunData data = open_data(run, data_path_, data_, split_);
    if (importance_samples_ > 0 && !run.model->has_likelihood()) {
      throw UsageError(
          fmt::format("--importance-samples: a model of kind '{}' has no bound on the likelihood", run.model->kind()));
    }
    if (factors_) check_factors(*run.model, *data.samples);
    options.importance_samples = importance_samples_;
    options.batch = batch_;
    options.seed = seed_;
    const Evaluation evaluation = evaluate(*run.model, *data.samples, options);
    return report(run, data, options.corruption, evaluation, fit_of(run, data, options));
  }

 private:
  struct Fit {
    std::optional<ReconstructionFit> figures;
    bool is_own_mean = false;  // of the samples evaluated, because the training data is not there
  };

  // The samples that the run was trained on, where they are still what they were.
  static std::shared_ptr<const data::Dataset> training_of(const Run& run) {
    if (!run.data) return nullptr;
    try {
      const data::Source source = data::open(run.data->source, run.data->open);
      if (!is_same_data(*run.data, source)) return nullptr;
      return part_of(source, data::Split::train, run.data->held_out);
    } catch (const std::exception&) {
      return nullptr;  // moved or gone: the figures say what they were compared with instead
    }
  }

  static Fit fit_of(const Run& run, const RunData& data, const EvaluationOptions& options) {
    if (!run.model->has_encoder() || !run.model->has_decoder() || !run.model->has_exact_mean()) return {};
    std::shared_ptr<const data::Dataset> training = data.training ? data.training : training_of(run);
    const bool is_own = training == nullptr;
    if (is_own) training = data.samples;
    const space::LinearBaseline baseline = space::fit_linear_baseline(*training, run.model->latent_dim());
    const auto figures =
        space::measure_fit(*run.model, *data.samples, baseline,
                           {.corruption = options.corruption, .batch = options.batch, .seed = options.seed});
    return {figures, is_own};
  }

  // How far generated rows can pass for rows of the data.
  void add_samples(Result& result, Table& table, const Run& run, const RunData& data) const {
    if (run.kind() != data::Kind::table || !run.model->has_decoder()) return;
    const auto found = space::judge_samples(*run.model, *data.samples, seed_);
    if (!found) return;
    const auto worst = static_cast<size_t>(found->worst_column());
    const auto names = data.samples->column_names();
    const auto name = [&](size_t column) {
      return column < names.size() ? names[column] : fmt::format("column_{}", column);
    };
    Json columns = Json::object();
    for (size_t c = 0; c < found->columns.size(); ++c) columns[name(c)] = found->columns[c];
    result.json["generated"] = {{"rows", found->rows},
                                {"columns", columns},
                                {"columns_mean", found->mean_of_columns()},
                                {"pairs", std::isfinite(found->pairs) ? Json(found->pairs) : Json()},
                                {"classifier_auroc", found->classifier_auroc}};
    table.row("generated",
              fmt::format("columns agree with the data by {:.3f} (1: the same distribution; least: {} {:.3f})",
                          found->mean_of_columns(), one_line(name(worst)), found->columns[worst]));
    if (std::isfinite(found->pairs)) {
      table.row("", fmt::format("pairs of columns agree by {:.3f} (1: the same correlations)", found->pairs));
    }
    table.row("",
              fmt::format("a classifier tells them from the data with an AUROC of {:.3f} (0.5: it cannot, 1: always)",
                          found->classifier_auroc));
    table.row("", fmt::format("{} drawn from prior and p(x|z), beside {}", counted(found->rows, "row"),
                              one_line(data.part())));
  }

  // "grey levels as probabilities", "a density of standardised values": what nats are of.
  static std::string values_text(const Run& run, const Evaluation& evaluation) {
    switch (run.model->values()) {
      case Values::levels: return ", each value one of 256 levels";
      case Values::bits:
        if (evaluation.is_binary || !run.model->needs_unit_interval()) return ", each value one of two";
        return ", grey levels as probabilities (a cross-entropy; no binarisation)";
      case Values::columns: return ", a density of the columns that are not binary";
      case Values::continuous: break;
    }
    return ", a density of the values as the model sees them";
  }

  // What the figures mean: the part, the draws, and how data was presented to the likelihood.
  std::string protocol(const Run& run, const RunData& data, const data::Corruption& corruption,
                       const Evaluation& evaluation, const Fit& fit) const {
    const bool is_all = data.split == data::name_of(data::Split::all);
    std::string text = fmt::format("{}{}, {}, nats per sample", is_all ? "all of " : "", data.part(),
                                   counted(evaluation.samples, "sample"));
    text += run.model->has_likelihood() ? ", one draw of the code for each sample" : ", codes without noise";
    if (!corruption.empty()) {
      text += fmt::format(", codes of samples damaged by {}, all else of clean samples", corruption.str());
    }
    if (evaluation.terms.contains("reconstruction")) text += values_text(run, evaluation);
    if (evaluation.importance_samples > 0) {
      text += fmt::format(", nll by the importance-weighted bound with {}",
                          counted(evaluation.importance_samples, "sample"));
      if (!corruption.empty()) text += " and codes of clean samples";
    }
    if (fit.figures) {
      text += fmt::format("; r2 and mse of {} by means of codes, against {} of {}", fit.figures->samples,
                          fit.figures->mse_of_pca ? "mean and PCA" : "the mean",
                          fit.is_own_mean ? "these samples (the training data is not there)"
                                          : counted(fit.figures->fitted_to, "training sample"));
    }
    const std::string mine = precision(), its = trained_in(run);
    if (mine != latent::name_of(Precision::f32) || mine != its) text += fmt::format(", computed in {}", mine);
    if (mine != its) {
      text += fmt::format(" (the run's own figures were computed in {0}: --precision {0} gives them again)", its);
    }
    return text;
  }

  std::string precision() const { return std::string(latent::name_of(precision_from(compute_.precision))); }

  // What the run's own figures were computed in.
  static std::string trained_in(const Run& run) {
    const nlohmann::json::json_pointer at("/training/precision");
    const auto usual = std::string(latent::name_of(Precision::f32));
    return run.info.contains(at) && run.info.at(at).is_string() ? run.info.at(at).get<std::string>() : usual;
  }

  Result report(const Run& run, const RunData& data, const data::Corruption& corruption, const Evaluation& evaluation,
                const Fit& fit) const {
    Result result;
    Table table;
    result.json = {{"run", path_}, {"data", data.source}, {"split", data.split}, {"samples", evaluation.samples}};
    for (const char* name : {"elbo", "reconstruction", "kl"}) {
      const auto found = evaluation.terms.find(name);
      result.json[name] = found == evaluation.terms.end() ? Json() : Json(found->second);
      if (found != evaluation.terms.end()) table.row(name, fmt::format("{:.3f}", found->second));
    }
    result.json["bits_per_dim"] = evaluation.bits_per_dim ? Json(*evaluation.bits_per_dim) : Json();
    if (evaluation.bits_per_dim) table.row("bits per dim", fmt::format("{:.4f}", *evaluation.bits_per_dim));
    if (evaluation.nll) {
      result.json["nll"] = *evaluation.nll;
      result.json["importance_samples"] = evaluation.importance_samples;
      table.row("nll", fmt::format("{:.3f}", *evaluation.nll));
    }
    result.json["fit"] = fit.figures ? fit_json(*fit.figures) : Json();
    if (fit.figures) {
      add_fit_rows(table, *fit.figures);
      for (const Diagnosis& diagnosis : doctor::judge_fit(*fit.figures)) tell(diagnosis);
    }
    result.json["active_units"] = evaluation.active_units;
    table.row("active units", fmt::format("{} of {}", evaluation.active_units, run.model->latent_dim()));
    result.json["perplexity"] = evaluation.perplexity ? Json(*evaluation.perplexity) : Json();
    if (evaluation.perplexity) {
      table.row("perplexity", fmt::format("{:.1f} of {} entries of a codebook in use", *evaluation.perplexity,
                                          run.model->codebook_size()));
    }
    result.json["kl_per_dim"] = evaluation.kl_per_dim;
    std::string per_dim;
    for (const double kl : evaluation.kl_per_dim) per_dim += fmt::format("{}{:.2f}", per_dim.empty() ? "" : " ", kl);
    if (!per_dim.empty()) table.row("kl per dim", per_dim);
    if (factors_) result.json["factors"] = add_factor_scores(table, *run.model, *data.samples, batch_, seed_);
    add_samples(result, table, run, data);
    result.json["seed"] = seed_;
    result.json["corrupt"] = corruption.str();
    result.json["precision"] = precision();
    result.json["protocol"] = protocol(run, data, corruption, evaluation, fit);
    table.row("protocol", protocol(run, data, corruption, evaluation, fit));
    result.text = table.str();
    return result;
  }

  std::string path_, data_path_, split_, corrupt_;
  DataOptions data_;
  ComputeOptions compute_;
  int64_t importance_samples_ = 0;
  bool factors_ = false;
  int64_t batch_ = 256;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_evaluate() { return std::make_unique<Evaluate>(); }

}  // namespace latent::cli

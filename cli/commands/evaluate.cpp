// latent evaluate RUN [DATA]: figures that can be compared, with their protocol.

#include <cli/command.hpp>
#include <cli/output.hpp>
#include <cli/run.hpp>

#include <latent/training/precision.hpp>
#include <latent/training/trainer.hpp>

#include <fmt/core.h>

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
    options.importance_samples = importance_samples_;
    options.batch = batch_;
    options.seed = seed_;
    const Evaluation evaluation = evaluate(*run.model, *data.samples, options);
    return report(run, data, options.corruption, evaluation);
  }

 private:
  // What the figures mean: the part, the draws, and how data was presented to the likelihood.
  std::string protocol(const Run& run, const RunData& data, const data::Corruption& corruption,
                       const Evaluation& evaluation) const {
    const bool is_all = data.split == data::name_of(data::Split::all);
    std::string text = fmt::format("{}{}, {}, nats per sample", is_all ? "all of " : "", data.part(),
                                   counted(evaluation.samples, "sample"));
    if (run.model->has_likelihood()) text += ", one draw of the code for each sample";
    if (!corruption.empty()) {
      text += fmt::format(", codes of samples damaged by {}, all else of clean samples", corruption.str());
    }
    if (run.model->needs_unit_interval()) text += ", grey levels as probabilities (no binarisation)";
    if (evaluation.importance_samples > 0) {
      text += fmt::format(", nll by the importance-weighted bound with {}",
                          counted(evaluation.importance_samples, "sample"));
      if (!corruption.empty()) text += " and codes of clean samples";
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

  Result report(const Run& run, const RunData& data, const data::Corruption& corruption,
                const Evaluation& evaluation) const {
    Result result;
    Table table;
    result.json = {{"run", path_}, {"data", data.source}, {"split", data.split}, {"samples", evaluation.samples}};
    for (const char* name : {"elbo", "reconstruction", "kl"}) {
      const auto found = evaluation.terms.find(name);
      result.json[name] = found == evaluation.terms.end() ? Json() : Json(found->second);
      if (found != evaluation.terms.end()) table.row(name, fmt::format("{:.3f}", found->second));
    }
    const bool is_bound = run.model->has_likelihood();
    result.json["bits_per_dim"] = is_bound ? Json(evaluation.bits_per_dim) : Json();
    if (is_bound) table.row("bits per dim", fmt::format("{:.4f}", evaluation.bits_per_dim));
    if (evaluation.nll) {
      result.json["nll"] = *evaluation.nll;
      result.json["importance_samples"] = evaluation.importance_samples;
      table.row("nll", fmt::format("{:.3f}", *evaluation.nll));
    }
    result.json["active_units"] = evaluation.active_units;
    table.row("active units", fmt::format("{} of {}", evaluation.active_units, run.model->latent_dim()));
    result.json["kl_per_dim"] = evaluation.kl_per_dim;
    std::string per_dim;
    for (const double kl : evaluation.kl_per_dim) per_dim += fmt::format("{}{:.2f}", per_dim.empty() ? "" : " ", kl);
    if (!per_dim.empty()) table.row("kl per dim", per_dim);
    result.json["seed"] = seed_;
    result.json["corrupt"] = corruption.str();
    result.json["precision"] = precision();
    result.json["protocol"] = protocol(run, data, corruption, evaluation);
    table.row("protocol", protocol(run, data, corruption, evaluation));
    result.text = table.str();
    return result;
  }

  std::string path_, data_path_, split_, corrupt_;
  DataOptions data_;
  ComputeOptions compute_;
  int64_t importance_samples_ = 0;
  int64_t batch_ = 256;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_evaluate() { return std::make_unique<Evaluate>(); }

}  // namespace latent::cli

#include <cli/commands/session_summary.hpp>

#include <cli/messages.hpp>
#include <cli/progress.hpp>

#include <latent/core/text.hpp>

#include <fmt/core.h>

namespace latent::cli {

namespace {

Json metrics_json(const Metrics& metrics) {
  Json json = Json::object();
  for (const char* name : {"reconstruction", "kl", "elbo", "total_correlation", "mmd", "perplexity", "cross_entropy",
                           "accuracy", "loss"}) {
    if (const auto found = metrics.find(name); found != metrics.end()) json[name] = found->second;
  }
  for (const auto& [name, value] : metrics) {
    if (name.find('.') != std::string::npos) json[name] = value;  // of one phase of several
  }
  return json;
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::finished: return "finished";
    case Outcome::stopped_early: return "stopped early";
    case Outcome::interrupted: return "interrupted";
  }
  return "?";
}

SessionSummary summary_of(const Trainer& trainer, const TrainingParts& parts, const std::filesystem::path& directory,
                          const TrainingOptions& options, Outcome outcome) {
  const std::vector<EpochReport>& history = trainer.history();
  SessionSummary result;
  const int64_t epochs = trainer.epochs_done();
  result.json = {{"run", directory.string()}, {"outcome", outcome_name(outcome)}, {"epochs", epochs}};
  Table& table = result.table;
  const double seconds = trainer.seconds();
  table.row("run", directory.string());
  table.row("outcome", fmt::format("{} after {}, {} of training", outcome_name(outcome), counted(epochs, "epoch"),
                                   duration(seconds)));
  result.json["seconds"] = seconds;
  if (const EpochReport* saved_report = trainer.saved_report()) {
    const EpochReport& saved = *saved_report;
    if (!history.empty()) result.json["samples_per_second"] = history.back().samples_per_second;
    result.json["saved_epoch"] = saved.epoch;
    if (options.patience > 0)
      table.row("weights", fmt::format("of epoch {}, with the lowest {} loss", saved.epoch, parts.held_out_name));
    result.json["train"] = metrics_json(saved.train);
    table.row("train", metrics_text(saved.train) + (is_in_nats(saved.train) ? "  (nats per sample)" : ""));
    if (!saved.held_out.empty()) {
      result.json[parts.held_out_name] = metrics_json(saved.held_out);
      table.row(parts.held_out_name, metrics_text(saved.held_out));
    }
  }
  result.json["precision"] = latent::name_of(options.precision);
  if (options.precision == Precision::bf16) {
    table.row("precision", "bf16; latent evaluate computes in f32 unless told --precision bf16, and rounds less");
  }
  result.json["model"] = RunFiles{directory}.model().string();
  table.row("model", RunFiles{directory}.model().string());
  return result;
}

}  // namespace latent::cli

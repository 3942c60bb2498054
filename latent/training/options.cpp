#include <latent/training/options.hpp>

#include <latent/core/json_fields.hpp>
#include <latent/core/names.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent {

nlohmann::json TrainingOptions::to_json() const {
  return {{"epochs", epochs},
          {"batch", batch},
          {"optimizer", optimizer.name},
          {"lr", optimizer.lr},
          {"beta1", optimizer.beta1},
          {"beta2", optimizer.beta2},
          {"eps", optimizer.eps},
          {"momentum", optimizer.momentum},
          {"weight_decay", optimizer.weight_decay},
          {"schedule", schedule.name},
          {"warmup_epochs", schedule.warmup_epochs},
          {"step_epochs", schedule.step_epochs},
          {"step_factor", schedule.step_factor},
          {"clip_norm", clip_norm},
          {"ema", ema},
          {"patience", patience},
          {"augment", augmentation.str()},
          {"corrupt", corruption.str()},
          {"seed", seed},
          {"precision", name_of(precision)}};
}

TrainingOptions TrainingOptions::from_json(const nlohmann::json& json) {
  const JsonFields fields(
      "training", json,
      {"epochs",       "batch",    "optimizer",     "lr",          "beta1",       "beta2",     "eps", "momentum",
       "weight_decay", "schedule", "warmup_epochs", "step_epochs", "step_factor", "clip_norm", "ema", "patience",
       "augment",      "corrupt",  "seed",          "precision"});
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  constexpr double kLargest = std::numeric_limits<double>::max();
  const TrainingOptions defaults;
  TrainingOptions o;
  // Types are checked here, ranges by check(), which the constructor of a Trainer calls too.
  const auto number = [&](std::string_view key, double fallback) {
    return fields.number(key, fallback, -kLargest, kLargest);
  };
  o.epochs = fields.integer("epochs", defaults.epochs, -kMost, kMost);
  o.batch = fields.integer("batch", defaults.batch, -kMost, kMost);
  o.optimizer.name = fields.text("optimizer", defaults.optimizer.name);
  o.optimizer.lr = number("lr", defaults.optimizer.lr);
  o.optimizer.beta1 = number("beta1", defaults.optimizer.beta1);
  o.optimizer.beta2 = number("beta2", defaults.optimizer.beta2);
  o.optimizer.eps = number("eps", defaults.optimizer.eps);
  o.optimizer.momentum = number("momentum", defaults.optimizer.momentum);
  o.optimizer.weight_decay = number("weight_decay", defaults.optimizer.weight_decay);
  o.schedule.name = fields.text("schedule", defaults.schedule.name);
  o.schedule.warmup_epochs = number("warmup_epochs", defaults.schedule.warmup_epochs);
  o.schedule.step_epochs = number("step_epochs", defaults.schedule.step_epochs);
  o.schedule.step_factor = number("step_factor", defaults.schedule.step_factor);
  o.clip_norm = number("clip_norm", defaults.clip_norm);
  o.ema = number("ema", defaults.ema);
  o.patience = fields.integer("patience", defaults.patience, -kMost, kMost);
  o.augmentation = data::Augmentation::from_text(fields.text("augment", defaults.augmentation.str()));
  o.corruption = data::Corruption::from_text(fields.text("corrupt", defaults.corruption.str()));
  // All 64 bits of a seed are valid, which is more than a signed integer holds.
  const nlohmann::json* seed = fields.find("seed");
  o.seed = seed != nullptr && seed->is_number_unsigned() ? seed->get<uint64_t>()
                                                         : static_cast<uint64_t>(fields.integer("seed", 0, 0, kMost));
  o.precision = precision_from(fields.text("precision", std::string(name_of(defaults.precision))));
  o.check();
  return o;
}

void TrainingOptions::check() const {
  LATENT_CHECK(epochs >= 1, "[training] epochs: at least 1, got {}", epochs);
  LATENT_CHECK(batch >= 1, "[training] batch: at least 1, got {}", batch);
  check_optimizer(optimizer);
  const auto names = schedule_names();
  if (std::find(names.begin(), names.end(), schedule.name) == names.end())
    unknown_name("schedule", schedule.name, names);
  const auto& [schedule_name, warmup_epochs, step_epochs, step_factor] = schedule;
  LATENT_CHECK(warmup_epochs >= 0 && std::isfinite(warmup_epochs), "[training] warmup_epochs: not negative, got {}",
               warmup_epochs);
  LATENT_CHECK(step_epochs > 0, "[training] step_epochs: above 0, got {}", step_epochs);
  LATENT_CHECK(step_factor > 0 && step_factor <= 1, "[training] step_factor: in (0, 1], got {}", step_factor);
  LATENT_CHECK(clip_norm >= 0 && std::isfinite(clip_norm), "[training] clip_norm: 0 (never) or above, got {}",
               clip_norm);
  LATENT_CHECK(ema >= 0 && ema < 1, "[training] ema: in [0, 1), got {}", ema);
  LATENT_CHECK(patience >= 0, "[training] patience: 0 (never) or above, got {}", patience);
}

}  // namespace latent

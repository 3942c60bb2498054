#include <latent/training/options.hpp>

#include <latent/core/detail/json_fields.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace latent {

namespace {

// Every setting with its key, in the order in which they are written.
template <class Options, class Visit>
void for_each_setting(Options& o, const Visit& visit) {
  visit("epochs", o.epochs);
  visit("batch", o.batch);
  visit("optimizer", o.optimizer.name);
  visit("lr", o.optimizer.lr);
  visit("beta1", o.optimizer.beta1);
  visit("beta2", o.optimizer.beta2);
  visit("eps", o.optimizer.eps);
  visit("momentum", o.optimizer.momentum);
  visit("weight_decay", o.optimizer.weight_decay);
  visit("schedule", o.schedule.name);
  visit("warmup_epochs", o.schedule.warmup_epochs);
  visit("step_epochs", o.schedule.step_epochs);
  visit("step_factor", o.schedule.step_factor);
  visit("clip_norm", o.clip_norm);
  visit("ema", o.ema);
  visit("patience", o.patience);
  visit("augment", o.augmentation);
  visit("corrupt", o.corruption);
  visit("seed", o.seed);
  visit("precision", o.precision);
}

// A setting as JSON, and back from it. Types are checked here, ranges by check(), which the constructor of a Trainer
// calls too.
template <class T>
nlohmann::json written(const T& value) {
  return value;
}
nlohmann::json written(const data::Augmentation& value) { return value.str(); }
nlohmann::json written(const data::Corruption& value) { return value.str(); }
nlohmann::json written(Precision value) { return name_of(value); }

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

void read(const JsonFields& fields, const char* key, int64_t& value) {
  value = fields.integer(key, value, -kMost, kMost);
}
void read(const JsonFields& fields, const char* key, double& value) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  value = fields.number(key, value, -kLargest, kLargest);
}
void read(const JsonFields& fields, const char* key, std::string& value) { value = fields.text(key, value); }
void read(const JsonFields& fields, const char* key, data::Augmentation& value) {
  value = data::Augmentation::from_text(fields.text(key, value.str()));
}
void read(const JsonFields& fields, const char* key, data::Corruption& value) {
  value = data::Corruption::from_text(fields.text(key, value.str()));
}
void read(const JsonFields& fields, const char* key, Precision& value) {
  value = precision_from(fields.text(key, std::string(name_of(value))));
}
// All 64 bits of a seed are valid, which is more than a signed integer holds.
void read(const JsonFields& fields, const char* key, uint64_t& value) {
  const nlohmann::json* seed = fields.find(key);
  value = seed != nullptr && seed->is_number_unsigned() ? seed->get<uint64_t>()
                                                        : static_cast<uint64_t>(fields.integer(key, 0, 0, kMost));
}

}  // namespace

void check_clip_norm(double clip_norm) {
  LATENT_CHECK(clip_norm >= 0 && std::isfinite(clip_norm), "[training] clip_norm: 0 (never) or above, got {}",
               clip_norm);
}

Json TrainingOptions::to_json() const {
  nlohmann::json json;
  for_each_setting(*this, [&](const char* key, const auto& value) { json[key] = written(value); });
  return json;
}

TrainingOptions TrainingOptions::from_json(const Json& json) {
  TrainingOptions o;
  std::vector<std::string_view> keys;
  for_each_setting(o, [&](const char* key, const auto&) { keys.emplace_back(key); });
  const JsonFields fields("training", *json, keys);
  for_each_setting(o, [&](const char* key, auto& value) { read(fields, key, value); });
  o.check();
  return o;
}

void TrainingOptions::check() const {
  LATENT_CHECK(epochs >= 1, "[training] epochs: at least 1, got {}", epochs);
  LATENT_CHECK(batch >= 1, "[training] batch: at least 1, got {}", batch);
  check_optimizer(optimizer);
  check_schedule(schedule);
  check_clip_norm(clip_norm);
  LATENT_CHECK(ema >= 0 && ema < 1, "[training] ema: in [0, 1), got {}", ema);
  LATENT_CHECK(patience >= 0, "[training] patience: 0 (never) or above, got {}", patience);
}

}  // namespace latent

#include <latent/training/options.hpp>

#include <latent/core/error.hpp>
#include <latent/core/names.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace latent {

namespace {

using nlohmann::json;

// One entry of the JSON: how it is written and read.
struct Field {
  std::string_view key;
  std::function<json(const TrainingOptions&)> write;
  std::function<void(TrainingOptions&, const json&)> read;
};

[[noreturn]] void wrong_type(std::string_view key, std::string_view expected, const json& value) {
  detail::throw_invalid_argument(fmt::format("[training] {}: {} expected, got {}", key, expected, value.dump()));
}

void read_value(std::string_view key, const json& value, double& out) {
  if (!value.is_number()) wrong_type(key, "a number", value);
  out = value.get<double>();
}
void read_value(std::string_view key, const json& value, int64_t& out) {
  const bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()}
                                               : value.is_number_integer();
  if (!fits) wrong_type(key, "an integer", value);
  out = value.get<int64_t>();
}
void read_value(std::string_view key, const json& value, uint64_t& out) {
  // A number built in memory from a signed integer is not "unsigned", but as good as one when it is not negative.
  const bool fits = value.is_number_unsigned() || (value.is_number_integer() && value.get<int64_t>() >= 0);
  if (!fits) wrong_type(key, "a non-negative integer", value);
  out = value.get<uint64_t>();
}
void read_value(std::string_view key, const json& value, std::string& out) {
  if (!value.is_string()) wrong_type(key, "a name", value);
  out = value.get<std::string>();
}

// A field that `member(options)` refers to.
template <class Member>
Field field(std::string_view key, Member member) {
  return {key, [member](const TrainingOptions& o) { return json(member(o)); },
          [key, member](TrainingOptions& o, const json& value) { read_value(key, value, member(o)); }};
}

const std::vector<Field>& fields() {
  static const std::vector<Field> all = {
      field("epochs", [](auto& o) -> auto& { return o.epochs; }),
      field("batch", [](auto& o) -> auto& { return o.batch; }),
      field("optimizer", [](auto& o) -> auto& { return o.optimizer.name; }),
      field("lr", [](auto& o) -> auto& { return o.optimizer.lr; }),
      field("beta1", [](auto& o) -> auto& { return o.optimizer.beta1; }),
      field("beta2", [](auto& o) -> auto& { return o.optimizer.beta2; }),
      field("eps", [](auto& o) -> auto& { return o.optimizer.eps; }),
      field("momentum", [](auto& o) -> auto& { return o.optimizer.momentum; }),
      field("weight_decay", [](auto& o) -> auto& { return o.optimizer.weight_decay; }),
      field("schedule", [](auto& o) -> auto& { return o.schedule.name; }),
      field("warmup_epochs", [](auto& o) -> auto& { return o.schedule.warmup_epochs; }),
      field("step_epochs", [](auto& o) -> auto& { return o.schedule.step_epochs; }),
      field("step_factor", [](auto& o) -> auto& { return o.schedule.step_factor; }),
      field("clip_norm", [](auto& o) -> auto& { return o.clip_norm; }),
      field("ema", [](auto& o) -> auto& { return o.ema; }),
      field("patience", [](auto& o) -> auto& { return o.patience; }),
      field("seed", [](auto& o) -> auto& { return o.seed; }),
      {"precision", [](const TrainingOptions& o) { return json(name_of(o.precision)); },
       [](TrainingOptions& o, const json& value) {
         std::string name;
         read_value("precision", value, name);
         o.precision = precision_from(name);
       }},
  };
  return all;
}

}  // namespace

nlohmann::json TrainingOptions::to_json() const {
  json object = json::object();
  for (const Field& f : fields()) object[std::string(f.key)] = f.write(*this);
  return object;
}

TrainingOptions TrainingOptions::from_json(const nlohmann::json& object) {
  LATENT_CHECK(object.is_object(), "[training] an object of options expected, got {}", object.dump());
  TrainingOptions options;
  for (const auto& [key, value] : object.items()) {
    const auto found = std::find_if(fields().begin(), fields().end(), [&k = key](const Field& f) { return f.key == k; });
    if (found == fields().end()) {
      std::vector<std::string_view> keys;
      for (const Field& f : fields()) keys.push_back(f.key);
      unknown_name("training option", key, keys);
    }
    found->read(options, value);
  }
  options.check();
  return options;
}

void TrainingOptions::check() const {
  LATENT_CHECK(epochs >= 1, "[training] epochs: at least 1, got {}", epochs);
  LATENT_CHECK(batch >= 1, "[training] batch: at least 1, got {}", batch);
  check_optimizer(optimizer);
  const auto names = schedule_names();
  if (std::find(names.begin(), names.end(), schedule.name) == names.end()) unknown_name("schedule", schedule.name, names);
  const double warmup = schedule.warmup_epochs;
  LATENT_CHECK(warmup >= 0 && std::isfinite(warmup), "[training] warmup_epochs: not negative, got {}", warmup);
  LATENT_CHECK(schedule.step_epochs > 0, "[training] step_epochs: above 0, got {}", schedule.step_epochs);
  LATENT_CHECK(schedule.step_factor > 0 && std::isfinite(schedule.step_factor), "[training] step_factor: above 0, got {}",
               schedule.step_factor);
  LATENT_CHECK(clip_norm >= 0 && std::isfinite(clip_norm), "[training] clip_norm: 0 (never) or above, got {}", clip_norm);
  LATENT_CHECK(ema >= 0 && ema < 1, "[training] ema: in [0, 1), got {}", ema);
  LATENT_CHECK(patience >= 0, "[training] patience: 0 (never) or above, got {}", patience);
}

}  // namespace latent

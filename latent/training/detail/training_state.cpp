#include <latent/training/detail/training_state.hpp>

#include <latent/core/finite.hpp>
#include <latent/kernels/optimizer.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

namespace latent {

namespace {

void append(NamedTensors& all, const std::string& prefix, const NamedTensors& some) {
  for (const auto& [name, tensor] : some) all.push_back({prefix + name, tensor});
}

// The batches of a round. @throws std::invalid_argument for phases that make no sense
int64_t checked_round(const std::vector<Phase>& phases) {
  LATENT_CHECK(!phases.empty(), "[trainer] the model has no phases");
  int64_t round = 1;
  std::set<std::string> names;
  for (const Phase& phase : phases) {
    const bool named = !phase.name.empty() && std::ranges::all_of(phase.name, [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_';
    });
    LATENT_CHECK(named, "[trainer] names of phases are of letters, digits, '-' and '_', got '{}'", phase.name);
    LATENT_CHECK(names.insert(phase.name).second, "[trainer] two phases are called '{}'", phase.name);
    LATENT_CHECK(!phase.parameters.empty() && phase.loss != nullptr, "[trainer] phase '{}' needs parameters and a loss",
                 phase.name);
    LATENT_CHECK(phase.steps >= 1, "[trainer] phase '{}': at least 1 step in a round, got {}", phase.name, phase.steps);
    round = std::max(round, phase.steps);
  }
  return round;
}

}  // namespace

nlohmann::json TrainingProgress::to_json(const std::string& held_out_name) const {
  nlohmann::json json = {{"epoch", epoch},
                         {"step", step},
                         {"seconds", seconds},
                         {"lr_factor", lr_factor},
                         {"restarts", restarts},
                         {"told", nlohmann::json::array()},
                         {"means", nlohmann::json::array()}};
  if (log) json["log"] = {{"bytes", log->bytes}, {"checksum", log->checksum}};
  for (const Told& t : told) json["told"].push_back({{"code", t.code}, {"epoch", t.epoch}});
  for (const TermMeans& m : means) json["means"].push_back(*m.to_json());
  if (last) json["last"] = *latent::to_json(*last, held_out_name);
  if (best) json["best"] = *latent::to_json(*best, held_out_name);
  return json;
}

TrainingProgress TrainingProgress::from_json(const nlohmann::json& json, const std::string& held_out_name) {
  constexpr int64_t kMostEpochs = 1'000'000'000;
  TrainingProgress p;
  json.at("epoch").get_to(p.epoch);
  json.at("step").get_to(p.step);
  json.at("seconds").get_to(p.seconds);
  json.at("lr_factor").get_to(p.lr_factor);
  json.at("restarts").get_to(p.restarts);
  for (const auto& t : json.at("told")) {
    p.told.push_back(t.is_string() ? Told{t.get<std::string>(), 0}
                                   : Told{t.at("code").get<std::string>(), t.at("epoch").get<int64_t>()});
  }
  for (const auto& m : json.at("means")) p.means.push_back(TermMeans::from_json(m));
  if (json.contains("history")) {
    p.take_history(json, held_out_name);
  } else {
    p.log = LogMark{json.at("log").at("bytes").get<uint64_t>(), json.at("log").at("checksum").get<uint64_t>()};
    if (json.contains("last")) p.last = epoch_report_from_json(json.at("last"), held_out_name);
    if (json.contains("best")) p.best = epoch_report_from_json(json.at("best"), held_out_name);
  }
  LATENT_CHECK(p.epoch >= 0 && p.epoch <= kMostEpochs, "epoch {}", p.epoch);
  LATENT_CHECK((p.last ? p.last->epoch : 0) == p.epoch, "{} epochs, but the last report is of epoch {}", p.epoch,
               p.last ? p.last->epoch : 0);
  LATENT_CHECK(!p.best || (p.best->epoch >= 1 && p.best->epoch <= p.epoch), "best epoch {} of {}", p.best->epoch,
               p.epoch);
  LATENT_CHECK(p.step >= 0, "step {} is negative", p.step);
  LATENT_CHECK(p.lr_factor > 0 && p.lr_factor <= 1, "lr_factor {} is outside (0, 1]", p.lr_factor);
  LATENT_CHECK(p.restarts >= 0, "{} restarts", p.restarts);
  return p;
}

void TrainingProgress::take_history(const nlohmann::json& json, const std::string& held_out_name) {
  for (const auto& report : json.at("history")) history.push_back(epoch_report_from_json(report, held_out_name));
  const auto best_epoch = json.at("best_epoch").get<int64_t>();
  LATENT_CHECK(epoch >= 0 && static_cast<size_t>(epoch) == history.size(), "{} epochs, but a history of {}", epoch,
               history.size());
  LATENT_CHECK(best_epoch >= 0 && best_epoch <= epoch, "best epoch {} of {}", best_epoch, epoch);
  if (!history.empty()) last = history.back();
  if (best_epoch > 0) best = history[static_cast<size_t>(best_epoch) - 1];
}

TrainingState::TrainingState(LatentModel& model, const TrainingOptions& options, int64_t steps_per_epoch)
    : model_(model),
      options_(options),
      steps_per_epoch_(steps_per_epoch),
      phases_(model.phases()),
      round_(checked_round(phases_)) {
  const UpdateOptions of_run{options.optimizer, options.schedule, options.clip_norm};
  for (const Phase& phase : phases_) {
    updates_.push_back(phase.update ? phase.update(of_run) : of_run);
    check_schedule(updates_.back().schedule);
    check_clip_norm(updates_.back().clip_norm);
    optimizers_.push_back(make_optimizer(updates_.back().optimizer, phase.parameters));
  }
  if (options.ema > 0) average_.emplace(model.parameters(), options.ema);
  progress.means.resize(phases_.size());
  mark_good();
}

bool TrainingState::takes_part(size_t phase) const { return steps_done() % round_ >= round_ - phases_[phase].steps; }

int64_t TrainingState::updates_done(size_t phase) const {
  const int64_t steps = phases_[phase].steps;
  return steps_done() / round_ * steps + std::max<int64_t>(0, steps_done() % round_ - (round_ - steps));
}

NamedTensors TrainingState::live() const {
  NamedTensors all;
  append(all, "model.", model_.state());
  for (size_t i = 0; i < phases_.size(); ++i)
    append(all, "optimizer." + phases_[i].name + ".", optimizers_[i]->state());
  if (average_) append(all, "ema.", average_->tensors());
  return all;
}

void TrainingState::average_weights() {
  if (average_) average_->update(steps_done());
}

void TrainingState::clear_gradients() {
  for (auto& parameter : model_.parameters()) parameter.tensor.clear_grad();
}

bool TrainingState::weights_are_finite() const {
  std::vector<kernels::ReadTensor> weights;
  const NamedTensors parameters = model_.parameters();
  for (const auto& [name, tensor] : parameters) weights.push_back({tensor.dtype(), tensor.raw(), tensor.numel()});
  return std::isfinite(kernels::sum_of_squares(weights));
}

void TrainingState::mark_good() {
  if (good_.empty()) {
    good_ = copies_of(live());
  } else {
    assign(good_, live());
  }
}

void TrainingState::go_back() {
  clear_gradients();
  assign(live(), good_);
  progress.step = 0;
  progress.seconds = 0.0;
  progress.means.assign(phases_.size(), TermMeans());
  set_optimizer_steps();
}

void TrainingState::set_optimizer_steps() {
  for (size_t i = 0; i < phases_.size(); ++i) optimizers_[i]->set_steps(updates_done(i));
}

NamedTensors TrainingState::current_weights() const {
  if (!average_) return {};
  std::map<std::string, Tensor> averages;
  for (const auto& [name, tensor] : average_->tensors()) averages.emplace(name, tensor);
  NamedTensors weights = model_.state();
  for (auto& [name, tensor] : weights) {
    if (const auto found = averages.find(name); found != averages.end()) tensor = found->second;
  }
  return weights;
}

void TrainingState::mark_best() {
  const NamedTensors current = current_weights();
  best_ = copies_of(current.empty() ? model_.state() : current);
}

std::vector<std::pair<std::string, Tensor>> TrainingState::tensors() const {
  NamedTensors all = live();
  append(all, "best.", best_);
  // Between epochs the state itself is the good one.
  if (progress.step > 0) append(all, "good.", good_);
  std::vector<std::pair<std::string, Tensor>> named;
  for (const auto& [name, tensor] : all) named.emplace_back(name, tensor);
  return named;
}

void TrainingState::restore(TrainingProgress restored, const std::vector<std::pair<std::string, Tensor>>& tensors,
                            const std::string& path) {
  NamedTensors best;
  if (options_.patience > 0 && restored.best) best = copies_of(model_.state());
  const NamedTensors live = this->live();
  NamedTensors wanted = live;
  append(wanted, "best.", best);
  if (restored.step > 0) append(wanted, "good.", good_);

  std::map<std::string, Tensor> stored(tensors.begin(), tensors.end());
  NamedTensors found;
  for (const auto& [name, tensor] : wanted) {
    const auto entry = stored.find(name);
    if (entry == stored.end()) throw DataError(path, fmt::format("tensor '{}' is missing", name));
    const Tensor& source = entry->second;
    if (source.shape() != tensor.shape() || source.dtype() != tensor.dtype()) {
      throw DataError(path, fmt::format("tensor '{}': expected {} {}, got {} {}", name, tensor.shape().str(),
                                        name_of(tensor.dtype()), source.shape().str(), name_of(source.dtype())));
    }
    if (const int64_t bad = count_not_finite(source); bad > 0) {
      throw DataError(path,
                      fmt::format("tensor '{}': {} of its {} numbers are NaN or infinite", name, bad, source.numel()));
    }
    found.push_back({name, source});
    stored.erase(entry);
  }
  if (!stored.empty()) throw DataError(path, fmt::format("tensor '{}' belongs to nothing", stored.begin()->first));

  progress = std::move(restored);
  assign(wanted, found);
  best_ = std::move(best);
  if (progress.step == 0) mark_good();
  set_optimizer_steps();
}

}  // namespace latent

#include <latent/core/shuffle.hpp>
#include <latent/training/trainer.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/gradients_to.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/core/error.hpp>
#include <latent/models/model_file.hpp>
#include <latent/training/batch_reader.hpp>
#include <latent/training/detail/training_state.hpp>
#include <latent/training/doctor.hpp>
#include <latent/training/metrics_log.hpp>
#include <latent/training/stopwatch.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

// Streams of the tape of random numbers.
constexpr uint64_t kShuffleStream = 1, kNoiseStream = 2, kDamageStream = 3;
constexpr int64_t kEvaluationBatch = 256;
constexpr int64_t kMostRestarts = 2;
constexpr double kRestartFactor = 0.5;
constexpr int64_t kMostCodes = 100'000;

void check_set(const char* name, const LatentModel& model, const data::Dataset& data) {
  LATENT_CHECK(data.size() > 0, "[trainer] the {} set has no samples", name);
  check_samples("trainer", fmt::format("{} samples", name), model, data.sample_shape(), data.value_dtype());
}

// At most `limit` samples, evenly spread.
std::shared_ptr<const data::Dataset> at_most(std::shared_ptr<const data::Dataset> data, int64_t limit) {
  if (data->size() <= limit) return data;
  std::vector<int64_t> indices;
  const double stride = static_cast<double>(data->size()) / static_cast<double>(limit);
  for (int64_t i = 0; i < limit; ++i) indices.push_back(static_cast<int64_t>(static_cast<double>(i) * stride));
  return data::subset(std::move(data), std::move(indices));
}

}  // namespace

struct Trainer::Impl {
  LatentModel& model;
  std::shared_ptr<const data::Dataset> train, held_out;
  std::string held_out_name;
  TrainingOptions options;
  std::optional<RunFiles> files;
  Json info;
  int64_t steps_per_epoch;
  TrainingState state;
  BatchReader reader;
  std::optional<MetricsLog> log;
  enum class Start : uint8_t { anew, restored, restored_without_log } start = Start::anew;
  Stopwatch since_save;
  bool model_is_behind = false;  // whether better weights than those of the model file are there
  std::vector<Conclusion> conclusions;
  std::optional<RunReplacement> replacement;  // while `files` are not yet in the place of an older run's

  Impl(LatentModel& trained, std::shared_ptr<const data::Dataset> train_set,
       std::shared_ptr<const data::Dataset> held_out_set, std::string name, TrainingOptions training_options,
       std::optional<RunFiles> run_files, Json file_info)
      : model(trained),
        train(std::move(train_set)),
        held_out(std::move(held_out_set)),
        held_out_name(std::move(name)),
        options(std::move(training_options)),
        files(std::move(run_files)),
        info(std::move(file_info)),
        steps_per_epoch((train->size() + options.batch - 1) / options.batch),
        state(model, options, steps_per_epoch),
        reader(*train, std::min(options.batch, train->size()), options.corruption, options.augmentation) {
    if (files) log.emplace(files->metrics(), held_out_name);
  }

  TrainingProgress& progress() { return state.progress; }

  // --- steps ---

  /// Epochs done, counting the middle of the step under way.
  double epoch_now() {
    return static_cast<double>(progress().epoch) +
           (static_cast<double>(progress().step) + 0.5) / static_cast<double>(steps_per_epoch);
  }
  double lr_now(size_t phase) {
    const UpdateOptions& update = state.update(phase);
    const double factor = schedule_factor(update.schedule, epoch_now(), static_cast<double>(options.epochs));
    return update.optimizer.lr * factor * progress().lr_factor;
  }

  // One phase of one step. Returns what was not finite, or nullptr when the step was applied.
  const char* train_phase(size_t i, const Batch& batch) {
    const auto step = static_cast<uint64_t>(state.steps_done());
    Rng rng = Rng(options.seed).fork(kNoiseStream).fork(step).fork(i);
    const double epoch = static_cast<double>(progress().epoch) +
                         static_cast<double>(progress().step) / static_cast<double>(steps_per_epoch);
    // What flows into parameters of other phases is not theirs to use, and not computed.
    const GradientsTo only(tensors_of(state.phases()[i].parameters));
    const LossTerms terms = state.phases()[i].loss(batch, StepContext{rng, nn::Mode::train, epoch, train->size()});
    const Tensor loss = mean(terms.loss);
    if (!std::isfinite(loss.item())) return "loss";
    backward(loss);
    const double norm = gradient_norm(state.optimizer(i).parameters());
    if (!std::isfinite(norm)) return "gradient";
    const double clip_norm = state.update(i).clip_norm;
    const double scale = clip_norm > 0 && norm > clip_norm ? clip_norm / norm : 1.0;
    state.optimizer(i).step(lr_now(i), scale);
    progress().means[i].add(terms);
    return nullptr;
  }

  const char* train_step(const Batch& batch) {
    for (size_t i = 0; i < state.phases().size(); ++i) {
      if (!state.takes_part(i)) continue;
      if (const char* what = train_phase(i, batch)) return what;
    }
    ++progress().step;
    state.average_weights();
    return nullptr;
  }

  Metrics metrics_so_far() {
    if (progress().means.size() == 1) return progress().means[0].means();
    Metrics all;
    for (size_t i = 0; i < progress().means.size(); ++i) {
      for (const auto& [name, value] : progress().means[i].means()) all[state.phases()[i].name + "." + name] = value;
    }
    return all;
  }

  // --- epochs ---

  /// Trains to the end of the epoch under way. Returns false if `stop` came first.
  bool train_epoch(TrainingObserver& observer, const std::atomic<bool>& stop) {
    const int64_t epoch = progress().epoch, total = train->size();
    const Shuffle order(total, Rng(options.seed).fork(kShuffleStream).fork(static_cast<uint64_t>(epoch)));
    std::vector<int64_t> indices;
    const Rng damage = Rng(options.seed).fork(kDamageStream).fork(static_cast<uint64_t>(epoch));
    Stopwatch watch;
    while (true) {
      while (progress().step < steps_per_epoch) {
        if (stop.load(std::memory_order_relaxed)) return false;
        const int64_t begin = progress().step * options.batch, end = std::min(begin + options.batch, total);
        indices.resize(static_cast<size_t>(end - begin));
        order.read(begin, indices);
        const Batch& batch = reader.read_anew(indices, damage);
        if (const char* what = train_step(batch)) {
          go_back(observer, what);
          watch.lap();
          continue;
        }
        progress().seconds += watch.lap();
        observer.on_batch(epoch + 1, end, total, static_cast<double>(end) / progress().seconds, metrics_so_far());
      }
      // The last step's weights have met no loss yet.
      if (state.weights_are_finite()) return true;
      go_back(observer, "last update of the weights");
    }
  }

  /// Undoes the epoch under way and lowers the rate. @throws TrainingDiverged when that did not help often enough
  void go_back(TrainingObserver& observer, const char* what) {
    const int64_t step = progress().step + 1;
    const double lr = lr_now(0);
    state.go_back();
    if (progress().restarts >= kMostRestarts) {
      std::string kept = "the last good weights are kept";
      if (replacement) {
        kept = "the run that was there is kept";
      } else if (files) {
        save_unfinished();
        kept = fmt::format("the model of epoch {} is saved", saved_epoch());
      }
      throw TrainingDiverged(fmt::format(
          "training diverged: the {} was not finite in step {} of epoch {}, also after {} restarts at lower rates (lr "
          "{:.3g}); "
          "{}. Try a much lower --lr, or --clip 1",
          what, step, progress().epoch + 1, kMostRestarts, lr, kept));
    }
    ++progress().restarts;
    progress().lr_factor *= kRestartFactor;
    observer.on_diagnosis(doctor::non_finite(what, progress().epoch + 1, step, lr, lr * kRestartFactor));
  }

  /// Evaluates, reports and saves the epoch that train_epoch() came to the end of.
  void finish_epoch(TrainingObserver& observer) {
    TrainingProgress& p = progress();
    EpochReport report;
    report.epoch = p.epoch + 1;
    report.seconds = p.seconds;
    report.samples_per_second = static_cast<double>(train->size()) / p.seconds;
    --p.step;  // the rate of the last step, not of the one to come
    report.lr = lr_now(0);
    report.train = metrics_so_far();
    report.kl_per_dim = p.means[0].kl_per_dim();
    if (held_out) {
      const BorrowedWeights borrowed(model.state(), state.current_weights());
      report.held_out = evaluate_terms(model, *held_out, kEvaluationBatch, options.seed, nullptr, options.corruption);
    }
    p.history.push_back(report);
    p.last = report;
    ++p.epoch;
    p.step = 0;
    p.seconds = 0.0;
    p.means.assign(state.phases().size(), TermMeans());
    const bool better = is_best();
    if (better) state.mark_best();
    state.mark_good();
    const std::vector<Diagnosis> found = diagnose();
    model_is_behind |= better || options.patience == 0;
    if (files) {
      log->append(report);
      const bool is_last = p.epoch >= options.epochs || out_of_patience();
      if (is_last || replacement || since_save.seconds() >= files->save_seconds) save_epoch();
    }
    observer.on_epoch(report);
    for (const Diagnosis& diagnosis : found) observer.on_diagnosis(diagnosis);
  }

  /// Whether the last epoch is the best one so far, of those that patience keeps.
  bool is_best() {
    TrainingProgress& p = progress();
    if (options.patience == 0 || !held_out) return false;
    const double loss = p.last->held_out.at("loss");
    if (!std::isfinite(loss)) return false;
    if (p.best && loss >= p.best->held_out.at("loss")) return false;
    p.best = p.last;
    return true;
  }

  bool out_of_patience() {
    return options.patience > 0 &&
           progress().epoch - (progress().best ? progress().best->epoch : 0) >= options.patience;
  }

  bool is_told(const char* code) {
    const auto& told = progress().told;
    return std::any_of(told.begin(), told.end(), [&](const Told& t) { return t.code == code; });
  }

  std::vector<Diagnosis> diagnose() {
    const std::span<const EpochReport> history = progress().history;
    const doctor::Course course = doctor::course_of(model, steps_per_epoch);
    std::vector<Diagnosis> news =
        doctor::find_troubles(history, course, [&](const char* code) { return is_told(code); });
    for (const Diagnosis& found : news) progress().told.push_back({found.code, progress().epoch});
    return news;
  }

  /// What is to be said of the whole course, and what of that which was said must be taken back.
  void conclude(TrainingObserver& observer) {
    const std::span<const EpochReport> history = progress().history;
    conclusions.clear();
    for (const Told& told : progress().told) {
      const auto taken_back = doctor::take_back(told.code, told.epoch, history);
      const Diagnosis holds{Diagnosis::Severity::warning, told.code, "", ""};
      conclusions.push_back({taken_back.value_or(holds), told.epoch, !taken_back});
      if (taken_back) observer.on_diagnosis(*taken_back);
    }
    if (is_told(doctor::kPosteriorCollapse)) return;
    if (const auto found = doctor::find_final_collapse(history, doctor::course_of(model, steps_per_epoch))) {
      conclusions.push_back({*found, progress().epoch, true});
      observer.on_diagnosis(*found);
    }
  }

  // --- files ---

  int64_t saved_epoch() { return progress().saved() != nullptr ? progress().saved()->epoch : 0; }

  Json info_now() {
    nlohmann::json now = *info;
    nlohmann::json& training = now["training"];
    if (!training.is_object()) training = nlohmann::json::object();
    training.update(*options.to_json());
    training["epochs_done"] = progress().epoch;
    now["metrics"] = nlohmann::json::object();
    if (const EpochReport* saved = progress().saved()) now["metrics"] = *to_json(*saved, held_out_name);
    return now;
  }

  void save_model_file() {
    if (!files) return;
    const BorrowedWeights borrowed(model.state(), state.usable_weights());
    save_model(files->model(), model, info_now());
    model_is_behind = false;
  }

  void save_checkpoint() {
    if (!files) return;
    log->flush();
    progress().log = log->mark();
    nlohmann::json json = progress().to_json(held_out_name);
    json["train_samples"] = train->size();
    json["held_out"] = held_out_name;
    write_checkpoint(files->checkpoint(), {model.config(), options.to_json(), info, std::move(json), state.tensors()});
  }

  void create_directory() {
    std::error_code error;
    std::filesystem::create_directories(files->directory, error);
    if (error) throw IoError(files->directory.string(), "create", error.value());
    if (start != Start::anew || !files->exist()) return;
    replacement.emplace(files->directory);
    put_files_into(replacement->directory());
  }

  void put_files_into(const std::filesystem::path& directory) {
    files->directory = directory;
    log->move_to(files->metrics());
  }

  /// The checkpoint comes last: whatever a kill leaves behind, restore() brings the other files in line with it.
  void save_epoch() {
    if (model_is_behind) save_model_file();
    save_checkpoint();
    if (!held_out || std::isfinite(progress().last->held_out.at("loss"))) replace_older_run();
    since_save.lap();
  }

  /// Files that agree with the state, before the first step: a run that is killed in its first epoch can be resumed
  /// too. The checkpoint comes first, because it is enough for that.
  void save_start() {
    if (!files) return;
    create_directory();
    if (start == Start::anew) save_checkpoint();
    if (start == Start::restored) {
      log->cut(*progress().log);
    } else {
      log->rewrite(progress().history);
    }
    // A log that was lost or belongs to an old checkpoint is another now, which the checkpoint must know.
    if (start == Start::restored_without_log) save_checkpoint();
    save_model_file();
    since_save.lap();
  }

  /// Once training has come to a checkpoint of a model that is one: until then an older run is worth more.
  void replace_older_run() {
    if (!replacement) return;
    replacement->commit();
    put_files_into(replacement->run());
    replacement.reset();
  }

  /// Fits what is fitted rather than trained, to the codes of the weights that the model holds now.
  void fit_codes() {
    if (model.needs_finish()) model.finish(encode_all(model, *at_most(train, kMostCodes), kEvaluationBatch));
  }

  /// Saves a run that does not go on now, with a model that can be used all the same.
  void save_unfinished() {
    // First what must not be lost.
    save_checkpoint();
    if (!files) return;
    // Codes are fitted on borrowed weights, buffers included, so that going on is not disturbed. An empty replacement
    // would lend nothing, hence the model's own weights.
    NamedTensors usable = state.usable_weights();
    if (usable.empty()) usable = copies_of(model.state());
    const BorrowedWeights borrowed(model.state(), usable);
    fit_codes();
    save_model(files->model(), model, info_now());
    replace_older_run();
  }

  void finish() {
    // Gives the model what a user should have, for good.
    if (const NamedTensors usable = state.usable_weights(); !usable.empty()) assign(model.state(), usable);
    fit_codes();
    if (files) save_model(files->model(), model, info_now());
    replace_older_run();
  }

  void check_belongs(const Checkpoint& checkpoint, const std::string& path) const {
    if (checkpoint.config != model.config()) throw DataError(path, "checkpoint of another model (its config differs)");
    const Json mine = options.to_json(), defaults = TrainingOptions().to_json();
    for (const auto& [key, value] : mine->items()) {
      if (key == "epochs") continue;  // a run may be made longer
      const auto stored = checkpoint.options->find(key);
      // What is missing was not known when the run was begun, and was as it is by default.
      if (stored == checkpoint.options->end() && value == defaults->at(key)) continue;
      if (stored == checkpoint.options->end() || *stored != value) {
        throw DataError(
            path, fmt::format("checkpoint of another run: {} is {} there, {} here", key,
                              stored == checkpoint.options->end() ? "missing" : printable(*stored), value.dump()));
      }
    }
  }

  TrainingProgress progress_in(const Checkpoint& checkpoint, const std::string& path) const {
    TrainingProgress p;
    int64_t samples = 0;
    try {
      p = TrainingProgress::from_json(*checkpoint.progress, held_out_name);
      checkpoint.progress->at("train_samples").get_to(samples);
      if (checkpoint.progress->at("held_out").get<std::string>() != held_out_name) {
        throw DataError(path, fmt::format("checkpoint of another run: its held-out set is not '{}'", held_out_name));
      }
    } catch (const nlohmann::json::exception&) {
      throw DataError(path, "metadata 'progress' is not what a checkpoint holds");
    } catch (const std::invalid_argument& e) {
      throw DataError(path, fmt::format("metadata 'progress': {}", e.what()));
    }
    if (samples != train->size()) {
      throw DataError(
          path, fmt::format("checkpoint of another run: {} training samples there, {} here", samples, train->size()));
    }
    if (p.best && !p.best->held_out.contains("loss")) {
      throw DataError(path, fmt::format("metadata 'progress': the best epoch {} has no held-out loss", p.best->epoch));
    }
    if (p.step >= steps_per_epoch || p.means.size() != state.progress.means.size()) {
      throw DataError(
          path, fmt::format("metadata 'progress': step {} of {}, {} phases", p.step, steps_per_epoch, p.means.size()));
    }
    return p;
  }
};

Trainer::Trainer(LatentModel& model, std::shared_ptr<const data::Dataset> train,
                 std::shared_ptr<const data::Dataset> held_out, std::string held_out_name, TrainingOptions options,
                 std::optional<RunFiles> files, Json info) {
  options.check();
  LATENT_CHECK(train != nullptr, "[trainer] needs a training set");
  check_set("training", model, *train);
  if (held_out) check_set(held_out_name.c_str(), model, *held_out);
  LATENT_CHECK(options.patience == 0 || held_out,
               "[trainer] patience {} needs a validation or test set to watch: use --validation", options.patience);
  if (info->is_null()) info = nlohmann::json::object();
  LATENT_CHECK(info->is_object(), "[trainer] info: a JSON object expected, got {}", printable(*info));
  model.use_bf16(options.precision == Precision::bf16);
  impl_ = std::make_unique<Impl>(model, std::move(train), std::move(held_out), std::move(held_out_name), options,
                                 std::move(files), std::move(info));
}

Trainer::~Trainer() = default;

std::vector<Diagnosis> Trainer::examine_data() const {
  return doctor::examine_data(impl_->model, *impl_->train, impl_->options.corruption);
}

std::optional<Diagnosis> Trainer::restore() {
  Impl& impl = *impl_;
  LATENT_CHECK(impl.files.has_value(), "[trainer] restore needs the files of a run");
  const std::filesystem::path path = impl.files->checkpoint();
  const Checkpoint checkpoint = read_checkpoint(path);
  impl.check_belongs(checkpoint, path.string());
  TrainingProgress progress = impl.progress_in(checkpoint, path.string());
  std::optional<Diagnosis> warning;
  // Checkpoints of version 1 hold the history themselves.
  impl.start = Impl::Start::restored_without_log;
  if (progress.log) {
    const std::filesystem::path log = impl.files->metrics();
    LoggedHistory logged = read_metrics_log(log, *progress.log, progress.epoch, impl.held_out_name);
    progress.history = std::move(logged.reports);
    impl.start = logged.is_intact ? Impl::Start::restored : Impl::Start::restored_without_log;
    if (!logged.is_intact) warning = doctor::log_lost(log.string(), progress.history.size(), progress.epoch);
  }
  impl.state.restore(std::move(progress), checkpoint.tensors, path.string());
  return warning;
}

Outcome Trainer::run(TrainingObserver& observer, const std::atomic<bool>& stop) {
  const DenormalMode denormals(Denormals::flushed);
  Impl& impl = *impl_;
  impl.save_start();
  while (impl.progress().epoch < impl.options.epochs && !impl.out_of_patience()) {
    if (!impl.train_epoch(observer, stop)) {
      impl.save_unfinished();
      return Outcome::interrupted;
    }
    impl.finish_epoch(observer);
  }
  impl.finish();
  impl.conclude(observer);
  return impl.out_of_patience() && impl.progress().epoch < impl.options.epochs ? Outcome::stopped_early
                                                                               : Outcome::finished;
}

int64_t Trainer::epochs_done() const { return impl_->state.progress.epoch; }
double Trainer::seconds() const {
  double seconds = impl_->state.progress.seconds;
  for (const EpochReport& report : history()) seconds += report.seconds;
  return seconds;
}
const EpochReport* Trainer::saved_report() const { return impl_->state.progress.saved(); }
const std::vector<EpochReport>& Trainer::history() const { return impl_->state.progress.history; }

const std::vector<Conclusion>& Trainer::conclusions() const { return impl_->conclusions; }

}  // namespace latent

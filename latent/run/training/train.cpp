#include <latent/run/training/train.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/data_facts.hpp>
#include <latent/models/registry.hpp>
#include <latent/run/training/augmentation.hpp>
#include <latent/run/training/model_choice.hpp>
#include <latent/space/linear/linear_start.hpp>
#include <latent/training/forced_precision.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace latent {

namespace {

/// Held out where the source has no test part of its own, unless it is said otherwise.
constexpr double kUsualHeldOut = 0.1;
/// The tape of random numbers that initial weights come from; the trainer's are others.
constexpr uint64_t kWeightsStream = 0x77656967687473;

// The preset's training settings with every option given in its place.
TrainingOptions training_options(const TrainOptions& options, const std::string& preset_name, const TrainRun& run,
                                 Precision precision) {
  nlohmann::json json = nlohmann::json::parse(preset(preset_name).training);
  TrainOptions copy = options;
  for (const OptionField& field : fields_of(copy)) {
    const std::string& key = field.description.key;
    if (key.empty()) continue;
    if (const auto* whole = std::get_if<std::optional<int64_t>*>(&field.value)) {
      if (**whole) json[key] = ***whole;
    } else if (const auto* number = std::get_if<std::optional<double>*>(&field.value)) {
      if (**number) json[key] = ***number;
    } else if (const auto* text = std::get_if<std::string*>(&field.value)) {
      if (!(**text).empty()) json[key] = **text;
    }
  }
  json["seed"] = run.seed;
  json["precision"] = name_of(precision);
  TrainingOptions all = TrainingOptions::from_json(json);
  if (options.momentum && all.optimizer.name != "sgd") {
    throw UsageError("--momentum belongs to sgd, but the optimizer is " + all.optimizer.name, "Add --optimizer sgd.");
  }
  return all;
}

// A penalty on a critic's gradient is a difference of scores, of which bf16 would leave nothing.
Precision precision_for(const nlohmann::json& config, const TrainRun& run) {
  const bool is_gan = config.at("model") == "gan";
  if (run.precision == Precision::f32 || !(is_gan || config.contains("critic"))) return run.precision;
  if (run.precision_is_automatic) return Precision::f32;
  throw UsageError(
      fmt::format("--precision bf16 does not fit {}: its rounding hides what the critic's penalty is made of",
                  is_gan ? "a gan" : "a model with a critic"),
      "Leave it out.");
}

// How often an epoch takes each sample, so that as many epochs as the preset has make the steps that it asks for. The
// option `epochs` does not change it: twice as many epochs are twice as many steps.
int64_t needed_repeats(const Preset& preset, int64_t batch, int64_t samples) {
  const int64_t epochs = TrainingOptions::from_json(nlohmann::json::parse(preset.training)).epochs;
  const int64_t least_samples = preset.least_steps * batch / epochs;
  return std::max<int64_t>(1, (least_samples + samples - 1) / samples);
}

// Early stopping picks weights by what is held out, which must not be the test part; and a classifier is measured by
// samples with labels.
HeldOut held_out_of(const data::Source& source, const TrainOptions& options, const TrainRun& run, bool is_classifier) {
  const bool is_measured = source.test && !(is_classifier && source.test->labels().empty());
  const bool needs_validation = !is_measured || options.patience;
  return {run.validation.value_or(needs_validation ? kUsualHeldOut : 0.0),
          source.opened ? source.opened->seed : run.seed};
}

// 484 -> 480, 4.84 -> 4.8.
double two_digits(double value) {
  const double step = std::pow(10.0, std::floor(std::log10(std::max(value, 1e-9))) - 1.0);
  return std::round(value / step) * step;
}

std::string size_text(const ModelSize& size) {
  constexpr double kMillion = 1e6, kGiga = 1e9;
  const std::string weights = size.weights >= kMillion ? fmt::format("{:.3g} million weights", size.weights / kMillion)
                                                       : counted(std::llround(size.weights), "weight");
  const std::string memory = size.memory >= kGiga ? fmt::format("{:g} GB", two_digits(size.memory / kGiga))
                                                  : fmt::format("{:g} MB", two_digits(size.memory / kMillion));
  return fmt::format("{}, about {} of memory to train besides the data", weights, memory);
}

// Before anything is allocated: what it will take.
std::vector<Remark> size_remarks(const FittedModel& fitted, const std::string& preset) {
  std::vector<Remark> remarks;
  if (!fitted.changes.empty()) {
    remarks.push_back(
        {fmt::format("{} with {}, to keep within {} million weights and {:g} GB for samples of this size; --hidden, "
                     "--channels and --batch choose otherwise",
                     preset, fitted.changes, SizeBudget().weights / 1e6, SizeBudget().memory / 1e9)});
  }
  if (!SizeBudget().holds(fitted.size)) {
    remarks.push_back({fmt::format("this is a large network: {}", size_text(fitted.size)), true});
  }
  return remarks;
}

// What products are computed in, and who chose it where that is not what everybody gets.
std::string precision_text(Precision precision, const TrainRun& run) {
  const std::string name(name_of(precision));
  if (precision == Precision::f32) return name;
  if (!run.precision_is_automatic) {
    return has_fast_bf16() ? name : name + " (this processor has no units for it; --precision f32 is faster)";
  }
  const char* chosen_by =
      forced_precision() ? "as LATENT_AUTO_PRECISION says" : "because this processor has units for it";
  return fmt::format("{} ({}; --precision f32 is slower and rounds less)", name, chosen_by);
}

}  // namespace

data::Source open(const std::string& path_or_name, data::OpenOptions options) {
  if (options.held_out == 0.0) options.held_out = kUsualHeldOut;
  return data::open(path_or_name, options);
}

TrainingParts training_parts(const data::Source& source, const HeldOut& held_out) {
  if (held_out.fraction > 0.0) {
    const auto train = part_of(source, data::Split::train, held_out);
    return {train, train, part_of(source, data::Split::validation, held_out),
            std::string(name_of(data::Split::validation))};
  }
  if (source.test) return {source.train, source.train, source.test, std::string(name_of(data::Split::test))};
  return {source.train, source.train, nullptr, ""};
}

void repeat_samples(TrainingParts& parts, int64_t times) {
  if (times <= 1) return;
  const int64_t samples = parts.train->size();
  std::vector<int64_t> indices;
  indices.reserve(static_cast<size_t>(samples * times));
  for (int64_t i = 0; i < samples * times; ++i) indices.push_back(i % samples);
  parts.train = data::subset(parts.train, std::move(indices));
}

namespace {

// What no model of a few samples for each class can do.
void check_classes(const data::Dataset& samples) {
  constexpr int64_t kMany = 100, kFewestOfEach = 2;
  const auto labels = samples.labels();
  const auto n = static_cast<int64_t>(labels.size());
  const auto classes = static_cast<int64_t>(std::set<int64_t>(labels.begin(), labels.end()).size());
  if (classes < kMany || kFewestOfEach * classes <= n) return;
  throw UsageError(
      fmt::format("{} classes are too many for a classifier to learn from {}", grouped(classes), counted(n, "sample")),
      "Choose labels that several samples share (tables: --label-column).");
}

// What no model takes, before one is made.
void check_size(const Shape& sample, const data::Kind& kind) {
  constexpr int64_t kMostValues = int64_t{1} << 24;
  if (!kind.is_spatial || sample.numel() <= kMostValues) return;
  throw UsageError(fmt::format("pictures of {}x{} are too large for a model: {} values in each, {} at most", sample[1],
                               sample[2], grouped(sample.numel()), grouped(kMostValues)),
                   "Make them smaller with --size, as --size 128x128.");
}

}  // namespace

TrainPlan plan_training(const data::Source& source, const TrainOptions& options, const TrainRun& run) {
  check(options);
  const data::Kind kind = source.train->kind();
  const InputForm form = input_form_of(source);
  check_size(source.train->sample_shape(), kind);
  TrainPlan plan;
  plan.preset = preset_name(options, kind, form);
  const Json config = model_config(options, kind, source.train->sample_shape(), form,
                                   static_cast<int64_t>(source.train->class_names().size()));
  const bool is_classifier = config->at("model") == "classifier";
  if (is_classifier) check_classes(*source.train);
  plan.held_out = held_out_of(source, options, run, is_classifier);
  plan.parts = training_parts(source, plan.held_out);
  if (options.patience && !plan.parts.held_out) {
    throw UsageError("--patience needs held-out samples to watch", "Leave --validation 0 out.");
  }
  plan.training = training_options(options, plan.preset, run, precision_for(*config, run));
  plan.model = fitted_model(options, config, plan.training.batch);
  plan.training.batch = plan.model.batch;
  plan.repeats = needed_repeats(preset(plan.preset), plan.training.batch, plan.parts.train->size());
  plan.remarks = size_remarks(plan.model, plan.preset);
  return plan;
}

Training::Training(const data::Source& source, const TrainOptions& options, TrainPlan plan, const TrainRun& run)
    : plan_(std::move(plan)), out_(run.out) {
  constexpr int64_t kMostElements = int64_t{1} << 31;
  Rng rng(run.seed, kWeightsStream);
  const std::unique_ptr<DataFacts> facts = data::facts_of(plan_.parts.once);
  model_ = make_model(plan_.model.config, rng, kMostElements, facts.get());
  const auto choice = decide_augmentation(plan_.parts, plan_.training);
  repeat_samples(plan_.parts, plan_.repeats);
  // What has few samples is taken often, and differently each time: its components are those of all that.
  const TrainingOptions& training = plan_.training;
  const auto varied = data::augmented(plan_.parts.train, training.augmentation, run.seed);
  const int64_t components = space::start_from_principal_components(
      *model_, training.augmentation.empty() ? *plan_.parts.once : *varied, run.seed);
  nlohmann::json info = {{"run", {{"preset", plan_.preset}, {"threads", num_threads()}}}};
  if (source.opened) {
    data::OpenOptions opened = *source.opened;
    opened.held_out = 0.0;
    opened.seed = 0;
    record_ = record_of(source.path, source, opened, plan_.held_out);
    info["data"] = *record_->to_json();
  }
  if (choice) info["run"]["augmentation"] = *augmentation_record(*choice);
  if (plan_.repeats > 1) info["run"]["repeats"] = plan_.repeats;
  info_ = std::move(info);
  std::optional<RunFiles> files;
  if (!out_.empty()) files = RunFiles{out_, run.save_seconds};
  trainer_ = std::make_unique<Trainer>(*model_, plan_.parts.train, plan_.parts.held_out, plan_.parts.held_out_name,
                                       training, files, info_);
  describe(source, options, run, components, choice);
}

void Training::describe(const data::Source& source, const TrainOptions& options, const TrainRun& run,
                        int64_t components, const std::optional<data::AugmentationChoice>& choice) {
  const auto say = [&](std::string text) { remarks_.push_back({std::move(text)}); };
  for (const Diagnosis& found : trainer_->examine_data()) {
    if (found.severity == Diagnosis::Severity::error) throw UsageError(found.what, found.advice);
    const std::string advice = found.advice.empty() ? "" : "; " + found.advice;
    remarks_.push_back({found.what + advice, found.severity == Diagnosis::Severity::warning});
  }
  const TrainingOptions& training = plan_.training;
  const TrainingParts& parts = plan_.parts;
  if (SizeBudget().holds(plan_.model.size)) say(size_text(plan_.model.size));
  if (const std::string loss = loss_note(options, model_->config()); !loss.empty()) say(loss);
  std::string held_out = "nothing held out";
  if (parts.held_out) held_out = fmt::format("{} {}", grouped(parts.held_out->size()), parts.held_out_name);
  std::string samples = counted(parts.once->size(), "sample");
  if (plan_.repeats > 1) samples += fmt::format(" (each taken {} times in an epoch)", grouped(plan_.repeats));
  say(fmt::format("{}: {} of {}, {}", source.name, samples, source.train->sample_shape().str(), held_out));
  say(fmt::format("{}: {} parameters, codes of {}; {}, batch {}, {} with learning rate {:g}, {}", plan_.preset,
                  grouped(model_->num_parameters()), counted(model_->latent_dim(), "dimension"),
                  counted(training.epochs, "epoch"), training.batch, training.optimizer.name, training.optimizer.lr,
                  precision_text(training.precision, run)));
  if (!training.corruption.empty()) {
    say(fmt::format("the encoder sees samples damaged by {}; what it is trained to give back is clean",
                    training.corruption.str()));
  }
  // Presets count epochs for tens of thousands of samples; a small set needs more of them.
  constexpr int64_t kFewSteps = 1000;
  const int64_t steps_per_epoch = (parts.train->size() + training.batch - 1) / training.batch;
  if (!options.epochs && steps_per_epoch * training.epochs < kFewSteps) {
    say(fmt::format("that is only {} in all; --epochs {} may serve a set of this size better",
                    counted(steps_per_epoch * training.epochs, "step"),
                    (2 * kFewSteps + steps_per_epoch - 1) / steps_per_epoch));
  }
  if (const std::string text = augmentation_text(training.augmentation, choice); !text.empty()) say(text);
  if (components > 0) {
    say(fmt::format("starts from {} of the training samples", counted(components, "principal component")));
  }
}

Run Training::take_run() && {
  trainer_.reset();
  model_->use_bf16(false);
  return {out_, std::move(model_), std::move(info_), std::move(record_)};
}

Run train(const data::Source& source, const TrainOptions& options, const TrainRun& run, TrainingObserver* observer) {
  Training training(source, options, plan_training(source, options, run), run);
  TrainingObserver silent;
  training.trainer().run(observer != nullptr ? *observer : silent, std::atomic<bool>(false));
  return std::move(training).take_run();
}

}  // namespace latent

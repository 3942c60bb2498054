// latent train DATA --out RUN: from data to a trained model.

#include <cli/commands/training_augmentation.hpp>
#include <cli/commands/training_options.hpp>
#include <cli/commands/training_session.hpp>
#include <cli/input.hpp>
#include <cli/model_options.hpp>
#include <cli/output.hpp>
#include <cli/progress.hpp>
#include <cli/run.hpp>
#include <cli/run_directory.hpp>

#include <latent/core/threads.hpp>
#include <latent/data/data_facts.hpp>
#include <latent/models/registry.hpp>
#include <latent/space/linear/linear_start.hpp>
#include <latent/training/forced_precision.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::cli {

namespace {

/// Held out where the source has no test part of its own, unless --validation says otherwise.
constexpr double kUsualHeldOut = 0.1;
/// The tape of random numbers that initial weights come from; the trainer's are others.
constexpr uint64_t kWeightsStream = 0x77656967687473;

class Train : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("DATA", data_path_, "a known set (fashion-mnist, shapes), or a file or folder")->required();
    arguments.add_option("--out", out_, "run directory to make")->required()->type_name("RUN");
    arguments.add_flag("--overwrite", overwrite_, "replace a run that is there already");
    data_.declare(arguments);
    arguments
        .add_option("--validation", validation_,
                    "fraction of the training samples held out as the validation part (default: 0.1 where the data has "
                    "no test part)")
        ->type_name("FRACTION")
        ->check(number(0.0, Bound::closed, 1.0))
        ->group("Data");
    model_.declare(arguments);
    training_.declare(arguments);
    declare_save_every(arguments, save_every_);
    compute_.declare(arguments, "auto");
    declare_seed(arguments, seed_, "of weights, order of samples, draws of codes and held-out samples");
  }

  Result run() override {
    const Precision precision = precision_from(compute_.precision);
    compute_.apply();
    const Existing existing = overwrite_ ? Existing::replace : Existing::refuse;
    check_run_directory(out_, existing);
    const Outputs outputs({{"--out", out_}});
    if (!data::is_known_set(data_path_)) outputs.check_keep(data_path_, "the data");
    const data::Source source = open_source();
    if (source.format == "image folder") outputs.check_outside(data_path_);
    tell(source);
    const HeldOut held_out = held_out_of(source);
    TrainingParts parts = training_parts(source, held_out);

    const data::Kind kind = source.train->kind();
    if (training_.patience && !parts.held_out) {
      throw UsageError("--patience needs held-out samples to watch", "Leave --validation 0 out.");
    }
    const InputForm form = input_form_of(source);
    const std::string preset_name = model_.preset_name(kind, form);
    const nlohmann::json config = model_.config(kind, source.train->sample_shape(), form);
    TrainingOptions options = training_.options(preset(preset_name).training, seed_, precision);
    const FittedModel fitted = model_.fitted(config, options.batch, training_.batch.has_value());
    options.batch = fitted.batch;
    announce_size(fitted, preset_name);
    const int64_t repeats = needed_repeats(preset(preset_name), options.batch, parts.train->size());
    Rng rng(seed_, kWeightsStream);
    const std::unique_ptr<DataFacts> facts = data::facts_of(parts.once);
    const std::unique_ptr<LatentModel> model = make_model(fitted.config, rng, kMaxModelElements, facts.get());
    const std::optional<data::AugmentationChoice> choice = decide_augmentation(parts, options);
    repeat_samples(parts, repeats);
    // What has few samples is taken often, and differently each time: its components are those of all that.
    const data::Dataset& once = *parts.once;
    const std::shared_ptr<const data::Dataset> varied = data::augmented(parts.train, options.augmentation, seed_);
    const int64_t components =
        space::start_from_principal_components(*model, options.augmentation.empty() ? once : *varied, seed_);

    nlohmann::json info;
    info["data"] = record_of(data_path_, source, open_options(), held_out).to_json();
    info["run"] = {{"preset", preset_name}};
    if (repeats > 1) info["run"]["repeats"] = repeats;
    info["run"]["threads"] = num_threads();
    if (choice) info["run"]["augmentation"] = augmentation_record(*choice);
    Trainer trainer(*model, parts.train, parts.held_out, parts.held_out_name, options, RunFiles{out_, save_every_},
                    info);
    report_on_data(trainer);
    if (SizeBudget().holds(fitted.size)) note(size_text(fitted.size));
    announce(*model, source, parts, repeats, preset_name, options);
    if (const std::string text = augmentation_text(options.augmentation, choice); !text.empty()) note(text);
    if (components > 0)
      note(fmt::format("starts from {} of the training samples", counted(components, "principal component")));
    const RunDirectory directory(out_, existing);
    Result result = run_session(trainer, parts, directory.path(), options);
    result.json["parameters"] = model->num_parameters();
    result.json["augment"] = options.augmentation.str();
    result.json["estimated_memory"] = std::llround(fitted.size.memory);
    return result;
  }

 private:
  // Columns that each get a likelihood of their own hold numbers, even if they are stored in bytes.
  data::OpenOptions open_options() const {
    data::OpenOptions open = data_.open_options();
    if (model_.takes_numbers()) open.bytes = data::OpenOptions::Bytes::numbers;
    return open;
  }

  data::Source open_source() const {
    data::OpenOptions open = open_options();
    open.held_out = validation_.value_or(kUsualHeldOut);
    open.seed = seed_;
    return read_input([&] { return data::open(data_path_, open); });
  }

  // How often an epoch takes each sample, so that as many epochs as the preset has make the steps that it asks for.
  // --epochs does not change it: twice as many epochs are twice as many steps.
  int64_t needed_repeats(const Preset& preset, int64_t batch, int64_t samples) const {
    const int64_t epochs = TrainingFlags().options(preset.training, seed_, Precision::f32).epochs;
    const int64_t least_samples = preset.least_steps * batch / epochs;
    return std::max<int64_t>(1, (least_samples + samples - 1) / samples);
  }

  // Early stopping picks weights by what is held out, which must not be the test part.
  HeldOut held_out_of(const data::Source& source) const {
    const bool needs_validation = !source.test || training_.patience;
    return {validation_.value_or(needs_validation ? kUsualHeldOut : 0.0), seed_};
  }

  // Inputs that cannot be trained on are refused; what looks odd is said.
  static void report_on_data(const Trainer& trainer) {
    for (const Diagnosis& diagnosis : trainer.examine_data()) {
      if (diagnosis.severity == Diagnosis::Severity::error) throw UsageError(diagnosis.what, diagnosis.advice);
      tell(diagnosis);
    }
  }

  // Before anything is allocated: what it will take.
  static void announce_size(const FittedModel& fitted, const std::string& preset_name) {
    if (!fitted.changes.empty()) {
      note(
          fmt::format("{} with {}, to keep within {} million weights and {:g} GB for samples of this size; --hidden, "
                      "--channels and --batch choose otherwise",
                      preset_name, fitted.changes, SizeBudget().weights / 1e6, SizeBudget().memory / 1e9));
    }
    if (!SizeBudget().holds(fitted.size)) warn(fmt::format("this is a large network: {}", size_text(fitted.size)));
  }

  static std::string size_text(const ModelSize& size) {
    return fmt::format("{:.3g} million weights, about {:.2g} GB of memory to train besides the data",
                       size.weights / 1e6, size.memory / 1e9);
  }

  void announce(const LatentModel& model, const data::Source& source, const TrainingParts& parts, int64_t repeats,
                const std::string& preset_name, const TrainingOptions& options) const {
    if (const std::string loss = model_.loss_note(model.config()); !loss.empty()) note(loss);
    std::string held_out = "nothing held out";
    if (parts.held_out) held_out = fmt::format("{} {}", grouped(parts.held_out->size()), parts.held_out_name);
    std::string samples = counted(parts.train->size() / repeats, "sample");
    if (repeats > 1) samples += fmt::format(" (each taken {} times in an epoch)", grouped(repeats));
    note(fmt::format("{}: {} of {}, {}", source.name, samples, source.train->sample_shape().str(), held_out));
    note(fmt::format("{}: {} parameters, codes of {}; {}, batch {}, {} with learning rate {:g}, {}", preset_name,
                     grouped(model.num_parameters()), counted(model.latent_dim(), "dimension"),
                     counted(options.epochs, "epoch"), options.batch, options.optimizer.name, options.optimizer.lr,
                     precision_text(options.precision)));
    if (!options.corruption.empty()) {
      note(fmt::format("the encoder sees samples damaged by {}; what it is trained to give back is clean",
                       options.corruption.str()));
    }
    // Presets count epochs for tens of thousands of samples; a small set needs more of them.
    constexpr int64_t kFewSteps = 1000;
    const int64_t steps_per_epoch = (parts.train->size() + options.batch - 1) / options.batch;
    if (!training_.epochs && steps_per_epoch * options.epochs < kFewSteps) {
      note(fmt::format("that is only {} in all; --epochs {} may serve a set of this size better",
                       counted(steps_per_epoch * options.epochs, "step"),
                       (2 * kFewSteps + steps_per_epoch - 1) / steps_per_epoch));
    }
  }

  // What products are computed in, and who chose it where that is not what everybody gets.
  std::string precision_text(Precision precision) const {
    const std::string name(latent::name_of(precision));
    if (precision == Precision::f32) return name;
    if (compute_.precision != "auto") {
      return has_fast_bf16() ? name : name + " (this processor has no units for it; --precision f32 is faster)";
    }
    const char* chosen_by =
        forced_precision() ? "as LATENT_AUTO_PRECISION says" : "because this processor has units for it";
    return fmt::format("{} ({}; --precision f32 is slower and rounds less)", name, chosen_by);
  }

  std::string data_path_, out_;
  bool overwrite_ = false;
  DataOptions data_;
  std::optional<double> validation_;
  ModelOptions model_;
  TrainingFlags training_;
  double save_every_ = RunFiles{}.save_seconds;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_train() { return std::make_unique<Train>(); }

}  // namespace latent::cli

// latent resume RUN: continues a training where its checkpoint stands, to the bits of one that was never interrupted.

#include <cli/commands/training_session.hpp>
#include <cli/input.hpp>
#include <cli/output.hpp>
#include <cli/progress.hpp>
#include <cli/train_flags.hpp>
#include <cli/words.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/threads.hpp>
#include <latent/models/registry.hpp>
#include <latent/run/detail/metadata.hpp>
#include <latent/run/results/paths.hpp>
#include <latent/run/training/run_directory.hpp>
#include <latent/training/checkpoint.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent::cli {

namespace {

// A damaged checkpoint must not ask for more memory than this many indices; the trainer refuses it afterwards.
constexpr int64_t kMostRepeatedSamples = int64_t{1} << 30;

class Resume : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory")->required();
    arguments.add_option("--epochs", epochs_, "train up to so many epochs in all (default: as the run was begun)")
        ->type_name("N")
        ->check(whole_number(1, 1'000'000'000));
    arguments.add_option("--data", data_path_, "where the training data is now, if it was moved")->type_name("DATA");
    arguments.add_option("--threads", threads_, "threads to compute with (default: as the run was begun)")
        ->type_name("N")
        ->check(whole_number(1, std::numeric_limits<int>::max()));
    declare_save_every(arguments, save_every_);
  }

  Result run() override {
    check_path();
    const RunDirectory directory(path_);  // nobody else may change what is read now
    tell(directory.remarks());
    if (is_words_checkpoint(RunFiles{path_}.checkpoint())) {
      if (epochs_ || !data_path_.empty()) {
        throw UsageError("--epochs and --data: a run of words goes on as it was begun",
                         "latent words continue trains it on more text.");
      }
      return resume_words(path_, threads_, save_every_);
    }
    const Checkpoint checkpoint = read_header();
    const auto metadata = [&](auto&& read) { return read_metadata(RunFiles{path_}.checkpoint(), read); };
    const DataRecord record = metadata([&] { return stored_record(*checkpoint.info); });
    TrainingOptions options = metadata([&] { return stored_options(checkpoint.options); });
    metadata([&] { use_threads(*checkpoint.info); });
    const data::Source source = open_source(record);
    TrainingParts parts = training_parts(source, record.held_out);
    repeat_samples(parts, stored_repeats(*checkpoint.info, source.train->size()));
    if (epochs_) options.epochs = *epochs_;
    const std::unique_ptr<LatentModel> model = metadata([&] { return stored_model(checkpoint.config); });
    Trainer trainer(*model, parts.train, parts.held_out, parts.held_out_name, options, RunFiles{path_, save_every_},
                    checkpoint.info);
    std::optional<Diagnosis> warning;
    metadata([&] { warning = read_input([&] { return trainer.restore(); }); });
    if (warning) tell(*warning);
    if (options.epochs < trainer.epochs_done()) {
      throw UsageError(fmt::format("--epochs {}: {} has already been trained for {}", options.epochs, path_,
                                   counted(trainer.epochs_done(), "epoch")));
    }
    if (trainer.epochs_done() == options.epochs) {
      note(fmt::format("{} is finished: {}; --epochs N trains it further", path_,
                       counted(trainer.epochs_done(), "epoch")));
    } else {
      note(fmt::format("continuing {} after {} of {}", path_, trainer.epochs_done(), counted(options.epochs, "epoch")));
    }
    return run_session(trainer, parts, path_, options);
  }

 private:
  void check_path() const {
    if (!std::filesystem::is_directory(status_of(path_, {}))) {
      throw UsageError(fmt::format("{}: is not a run directory", path_),
                       "Only the directory that train made can be continued.");
    }
    const std::filesystem::path checkpoint = RunFiles{path_}.checkpoint();
    if (!std::filesystem::exists(status_of(checkpoint, {}))) {
      throw UsageError(fmt::format("{}: has no {}", path_, checkpoint.filename().string()),
                       "A model alone can be used, but not trained further.");
    }
  }

  Checkpoint read_header() const {
    return read_input([&] { return read_checkpoint_header(RunFiles{path_}.checkpoint()); });
  }

  std::unique_ptr<LatentModel> stored_model(const latent::Json& config) const {
    try {
      Rng rng(0);  // every weight comes from the checkpoint
      return make_model(config, rng);
    } catch (const std::invalid_argument& error) {
      throw DataError(path_, fmt::format("its model cannot be rebuilt: {}", error.what()));
    }
  }

  DataRecord stored_record(const nlohmann::json& info) const {
    if (!info.contains("data")) throw DataError(path_, "the model does not say what data it was trained on");
    try {
      return DataRecord::from_json(info.at("data"));
    } catch (const std::invalid_argument& error) {
      throw DataError(path_, error.what());
    }
  }

  TrainingOptions stored_options(const latent::Json& options) const {
    try {
      return TrainingOptions::from_json(options);
    } catch (const std::invalid_argument& error) {
      throw DataError(path_, fmt::format("its training settings cannot be used: {}", error.what()));
    }
  }

  // How often an epoch takes each sample.
  static int64_t stored_repeats(const nlohmann::json& info, int64_t samples) {
    if (!info.contains("run") || !info.at("run").is_object()) return 1;
    const nlohmann::json repeats = info.at("run").value("repeats", nlohmann::json(1));
    const bool is_usable = repeats.is_number_integer() && repeats.get<int64_t>() >= 1 &&
                           repeats.get<int64_t>() <= kMostRepeatedSamples / samples;
    return is_usable ? repeats.get<int64_t>() : 1;
  }

  // The same number of threads as at the beginning, because sums depend on it in the last bits; or as many of them as
  // can be had here, or as were asked for, and then it is said.
  void use_threads(const nlohmann::json& info) const {
    const std::optional<int64_t> recorded = stored_threads(info);
    ComputeOptions compute;
    compute.threads = threads_;
    if (!threads_ && recorded) compute.threads = static_cast<int>(std::min<int64_t>(*recorded, num_threads()));
    compute.apply();
    if (!recorded || num_threads() == *recorded) return;
    warn(fmt::format("begun with {}, continued with {}: the weights will differ in the last bits",
                     counted(*recorded, "thread"), num_threads()));
  }

  // Runs of earlier versions recorded it only where --threads was given.
  static std::optional<int64_t> stored_threads(const nlohmann::json& info) {
    const nlohmann::json::json_pointer at("/run/threads");
    if (!info.contains(at) || !info.at(at).is_number_integer()) return std::nullopt;
    const auto threads = info.at(at).get<int64_t>();
    return threads >= 1 ? std::optional(threads) : std::nullopt;
  }

  data::Source open_source(const DataRecord& record) const {
    const std::string name = data_path_.empty() ? record.source : data_path_;
    data::OpenOptions open = record.open;
    open.column_names = record.column_names;
    open.class_names = record.class_names;
    data::Source source = read_input([&] { return data::open(name, open); });
    const bool has_its_form =
        source.train->size() == record.train_samples && source.train->sample_shape() == record.sample_shape;
    if (!is_same_data(record, source) && !(has_its_form && has_changed(record, source))) {
      throw UsageError(fmt::format("{}: is not the data that {} was trained on ({} samples of {})", name, path_,
                                   record.train_samples, record.sample_shape.str()),
                       "If it was moved, say where it is: --data DATA.");
    }
    if (has_changed(record, source)) {
      throw UsageError(
          fmt::format("{}: samples have changed, or stand in another order, since {} was trained on them", name, path_),
          "Bring the data back, or begin a new run: which samples were held out would no longer be true.");
    }
    return source;
  }

  std::string path_, data_path_;
  std::optional<int64_t> epochs_;
  std::optional<int> threads_;
  double save_every_ = RunFiles{}.save_seconds;
};

}  // namespace

std::unique_ptr<Command> make_resume() { return std::make_unique<Resume>(); }

}  // namespace latent::cli

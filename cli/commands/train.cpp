// latent train DATA --out RUN: from data to a trained model.

#include <cli/commands/explore_options.hpp>
#include <cli/commands/training_session.hpp>
#include <cli/input.hpp>
#include <cli/interrupt.hpp>
#include <cli/messages.hpp>
#include <cli/output.hpp>
#include <cli/run.hpp>
#include <cli/train_flags.hpp>

#include <latent/run/training/run_directory.hpp>
#include <latent/run/training/model_choice.hpp>
#include <latent/run/training/train.hpp>

#include <fmt/core.h>

#include <chrono>
#include <thread>

namespace latent::cli {

namespace {

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
    flags_.declare(arguments);
    declare_save_every(arguments, save_every_);
    compute_.declare(arguments, "auto");
    Option* const explore =
        arguments.add_flag("--explore", explore_, "watch the training, and then its latent space, in the browser")
            ->group("Explorer");
    serving_.declare(arguments, explore);
    declare_seed(arguments, seed_, "seed of weights, order of samples, draws of codes and held-out samples");
  }

  Result run() override {
    const TrainOptions options = flags_.options();
    const TrainRun settings = {.out = out_,
                               .save_seconds = save_every_,
                               .seed = seed_,
                               .precision = precision_from(compute_.precision),
                               .precision_is_automatic = compute_.precision == "auto",
                               .validation = validation_};
    compute_.apply();
    const Existing existing = overwrite_ ? Existing::replace : Existing::refuse;
    check_run_directory(out_, existing);
    const Outputs outputs({{"--out", out_}});
    if (!data::is_known_set(data_path_)) outputs.check_keep(data_path_, "the data");
    const data::Source source = open_source(options);
    if (source.format == "image folder") outputs.check_outside(data_path_);
    tell(source);
    TrainPlan plan = plan_training(source, options, settings);
    tell(plan.remarks);
    const double memory = plan.model.size.memory;
    Training training(source, options, std::move(plan), settings);
    tell(training.remarks());
    const RunDirectory directory(out_, existing);
    tell(directory.remarks());
    std::unique_ptr<server::TrainingWatch> watch;
    std::unique_ptr<server::Explorer> explorer;
    if (explore_) {
      watch = watch_of(source, training);
      explorer = std::make_unique<server::Explorer>(serving_.options(), watch.get());
      serving_.announce(*explorer);
    }
    Result result =
        run_session(training.trainer(), training.plan().parts, directory.path(), training.plan().training, watch.get());
    result.json["parameters"] = training.model().num_parameters();
    result.json["augment"] = training.plan().training.augmentation.str();
    result.json["estimated_memory"] = std::llround(memory);
    if (explorer && (result.status == kDone || watch->was_stopped_by_client())) stay_open(*explorer, result);
    return result;
  }

 private:
  std::unique_ptr<server::TrainingWatch> watch_of(const data::Source& source, Training& training) const {
    const TrainingParts& parts = training.plan().parts;
    const std::shared_ptr<const data::Dataset> shown = parts.held_out ? parts.held_out : parts.once;
    return std::make_unique<server::TrainingWatch>(
        training.model(), shown,
        server::TrainingWatchOptions{.run_name = out_,
                                     .data_name = source.name,
                                     .held_out_name = parts.held_out_name,
                                     .epochs = training.plan().training.epochs,
                                     .transform = source.transform});
  }

  // The trained model takes the training's place on the page, until somebody ends it.
  void stay_open(server::Explorer& explorer, Result& result) const {
    say(result.text);
    result.text.clear();
    const InterruptGuard guard(InterruptGuard::Says::ending);
    latent::Run run = load_run(out_);
    RunSource source(run, "");
    RunData data = source.part("all");
    explorer.show(std::make_unique<server::Session>(std::move(run), std::move(source), std::move(data),
                                                    CodeCacheOptions{.stop = &guard.stop()}));
    note(fmt::format("the model can be explored at {}; Ctrl-C ends it", explorer.address()));
    while (!guard.stop()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }

  data::Source open_source(const TrainOptions& options) const {
    data::OpenOptions open = data_.open_options();
    // Columns that each get a likelihood of their own hold numbers, even if they are stored in bytes.
    if (takes_numbers(options)) open.bytes = data::OpenOptions::Bytes::numbers;
    if (validation_) open.held_out = *validation_;
    open.seed = seed_;
    return read_input([&] { return validation_ ? data::open(data_path_, open) : latent::open(data_path_, open); });
  }

  std::string data_path_, out_;
  bool overwrite_ = false, explore_ = false;
  ServingOptions serving_;
  DataOptions data_;
  std::optional<double> validation_;
  TrainFlags flags_;
  double save_every_ = RunFiles{}.save_seconds;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_train() { return std::make_unique<Train>(); }

}  // namespace latent::cli

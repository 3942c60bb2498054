// Interrupt, kill, restore: the run ends with the same bits as one that was never stopped.
#include "sessions.hpp"
#include "tiny_gan.hpp"

#include <latent/core/detail/json_value.hpp>
#include <latent/formats/safetensors.hpp>
#include <latent/models/registry.hpp>
#include <latent/training/checkpoint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace latent {
namespace {

using namespace test;
using ::testing::HasSubstr;

// Everything that must be equal: tensors of the checkpoint and of the model file, and metrics but for the time they
// took.
struct Ending {
  std::map<std::string, std::vector<double>> checkpoint, model;
  std::vector<nlohmann::json> metrics;
  nlohmann::json progress;

  explicit Ending(const std::filesystem::path& folder) {
    const RunFiles files{folder};
    const Checkpoint saved = read_checkpoint(files.checkpoint());
    for (const auto& [name, tensor] : saved.tensors) checkpoint[name] = tensor.to_vector();
    for (const auto& [name, tensor] : read_safetensors(files.model()).tensors) model[name] = tensor.to_vector();
    metrics = lines_of(files.metrics());
    for (nlohmann::json& line : metrics) forget_time(line);
    progress = *saved.progress;
    progress.erase("log");  // of lines with times in them
    for (const char* report : {"last", "best"}) {
      if (progress.contains(report)) forget_time(progress[report]);
    }
  }
  static void forget_time(nlohmann::json& line) {
    line.erase("seconds");
    line.erase("samples_per_second");
  }
};

void expect_equal(const Ending& a, const Ending& b) {
  EXPECT_EQ(a.checkpoint, b.checkpoint);
  EXPECT_EQ(a.model, b.model);
  EXPECT_EQ(a.metrics, b.metrics);
  EXPECT_EQ(a.progress, b.progress);
}

Ending straight(const MakeModel& make, const TrainingOptions& options) {
  const TemporaryFolder folder;
  Session run(make, options, folder / "run");
  run.go();
  return Ending(folder / "run");
}

Ending stopped(const MakeModel& make, const TrainingOptions& options, const std::vector<int64_t>& stops) {
  const TemporaryFolder folder;
  bool first = true;
  for (const int64_t steps : stops) {
    Session run(make, options, folder / "run");
    if (!first) run.trainer->restore();
    first = false;
    run.recorder.stop_after_steps = steps;
    if (steps == 0) run.recorder.stop = true;
    EXPECT_EQ(run.go(), Outcome::interrupted);
    if (steps > 0) {
      EXPECT_GT(run.trainer->seconds(), 0.0);  // also within the first epoch
    }
  }
  Session run(make, options, folder / "run");
  run.trainer->restore();
  EXPECT_EQ(run.go(), Outcome::finished);
  return Ending(folder / "run");
}

TEST(Resume, AtTheEndOfAnEpoch) {
  const Ending expected = straight(tiny, base_options());
  EXPECT_EQ(expected.metrics.size(), 4u);
  expect_equal(stopped(tiny, base_options(), {2 * kSteps}), expected);
}

TEST(Resume, InTheMiddleOfAnEpoch) {
  const Ending expected = straight(tiny, base_options());
  for (const std::vector<int64_t>& stops :
       {std::vector<int64_t>{1}, {kSteps + 3}, {2 * kSteps - 1}, {0}, {3, 3, 3, 3, 3, 3}}) {
    SCOPED_TRACE(stops[0]);
    expect_equal(stopped(tiny, base_options(), stops), expected);
  }
}

TEST(Resume, WithEverythingOn) {
  TrainingOptions options = base_options();
  options.ema = 0.9;
  options.clip_norm = 0.5;
  options.schedule = {.name = "cosine", .warmup_epochs = 1.5};
  options.patience = 4;
  for (const char* name : {"adamw", "sgd"}) {
    options.optimizer.name = name;
    options.optimizer.weight_decay = 0.01;
    expect_equal(stopped(tiny, options, {5, 4, 9}), straight(tiny, options));
  }
}

TEST(Resume, RealModelsInBothPrecisions) {
  const auto make = [](std::string_view kind) {
    const bool plain = kind == "ae";
    const nlohmann::json config = {
        {"model", kind},
        {"data_shape", {kValues}},
        {"latent_dim", 4},
        {"network", {{"name", "mlp"}, {"hidden", {16}}, {"activation", "relu"}, {"normalization", "batch"}}},
        {"posterior", {{"name", plain ? "none" : "gaussian"}}},
        {"prior", {{"name", plain ? "fitted-gaussian" : "normal"}}},
        {"likelihood", {{"name", "bernoulli"}}}};
    Rng rng(4);
    return make_model(config, rng);
  };
  for (const std::string kind : {"vae", "ae"}) {
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      SCOPED_TRACE(kind + " " + std::string(name_of(precision)));
      TrainingOptions options = base_options();
      options.precision = precision;
      const MakeModel make_kind = [&] { return make(kind); };
      expect_equal(stopped(make_kind, options, {kSteps + 2, kSteps}), straight(make_kind, options));
    }
  }
}

TEST(Resume, TwoPhasesWithTwoOptimizers) {
  // Stops in the middle of a round, at the end of an epoch that is none of a round, and in both.
  TrainingOptions options = base_options();
  options.ema = 0.9;
  for (const TinyGan::Options& steps : {TinyGan::Options{3, 1}, TinyGan::Options{2, 5}, TinyGan::Options{1, 1}}) {
    SCOPED_TRACE(steps.critic_steps);
    const MakeModel make = [&] { return std::make_unique<TinyGan>(steps); };
    const Ending expected = straight(make, options);
    expect_equal(stopped(make, options, {1, kSteps - 1, 4}), expected);
    expect_equal(stopped(make, options, {kSteps + 3}), expected);
  }
}

TEST(Resume, DropoutDrawsWhatTheUninterruptedRunDraws) {
  const MakeModel make = [] {
    const nlohmann::json config = {{"model", "vae"},
                                   {"data_shape", {kValues}},
                                   {"latent_dim", 4},
                                   {"network", {{"name", "mlp"}, {"hidden", {16}}, {"dropout", 0.3}}},
                                   {"likelihood", {{"name", "bernoulli"}}}};
    Rng rng(4);
    return make_model(config, rng);
  };
  expect_equal(stopped(make, base_options(), {kSteps + 2, kSteps}), straight(make, base_options()));
}

TEST(Resume, GoesBackAsFarAsTheUninterruptedRun) {
  // Something breaks once in step 5 of epoch 2; one of the runs is stopped in step 3 of that epoch.
  const MakeModel fragile = [] {
    auto model = std::make_unique<TinyVae>();
    model->disturb = [broken = false](const Tensor& loss, double epoch) mutable {
      if (broken || epoch < 1.0 + 4.5 / kSteps) return loss;
      broken = true;
      return affine(loss, std::numeric_limits<double>::quiet_NaN());
    };
    return model;
  };
  const Ending expected = straight(fragile, base_options());
  EXPECT_EQ(expected.progress["restarts"], 1);
  expect_equal(stopped(fragile, base_options(), {kSteps + 3}), expected);
}

TEST(Resume, TrustsTheCheckpointAlone) {
  const Ending expected = straight(tiny, base_options());
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  {
    Session run(tiny, base_options(), files.directory);
    run.recorder.after_epoch = [&](const EpochReport& report) {
      if (report.epoch == 2) std::filesystem::copy_file(files.checkpoint(), folder / "kept");
    };
    run.go();
  }
  // As after a kill just before a checkpoint was replaced: model and log are ahead of it, the last line is torn.
  std::filesystem::rename(folder / "kept", files.checkpoint());
  std::ofstream(files.metrics(), std::ios::app) << R"({"epoch": 5, "tr)";
  Session run(tiny, base_options(), files.directory);
  run.trainer->restore();
  EXPECT_EQ(run.trainer->epochs_done(), 2);
  EXPECT_EQ(run.go(), Outcome::finished);
  expect_equal(Ending(files.directory), expected);
}

TEST(Resume, BeforeTheFirstEpochEnds) {
  // A checkpoint is there from the start, whatever happens to the first epoch.
  const Ending expected = straight(tiny, base_options());
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  {
    const MakeModel killed = [&] {
      auto model = std::make_unique<TinyVae>();
      model->disturb = [](const Tensor& loss, double epoch) {
        if (epoch > 0.5) throw std::runtime_error("killed");
        return loss;
      };
      return model;
    };
    Session run(killed, base_options(), files.directory);
    EXPECT_THROW(run.go(), std::runtime_error);
  }
  Session run(tiny, base_options(), files.directory);
  run.trainer->restore();
  EXPECT_EQ(run.go(), Outcome::finished);
  expect_equal(Ending(files.directory), expected);
}

TEST(Resume, FinishedRunsStayAsTheyAreOrGetLonger) {
  const TemporaryFolder folder;
  Session(tiny, base_options(), folder / "run").go();
  const Ending before(folder / "run");
  {
    Session again(tiny, base_options(), folder / "run");
    again.trainer->restore();
    EXPECT_EQ(again.go(), Outcome::finished);
    EXPECT_TRUE(again.recorder.epochs.empty());
  }
  expect_equal(Ending(folder / "run"), before);

  TrainingOptions longer = base_options();
  longer.epochs = 6;
  Session more(tiny, longer, folder / "run");
  more.trainer->restore();
  EXPECT_EQ(more.go(), Outcome::finished);
  expect_equal(Ending(folder / "run"), straight(tiny, longer));
}

TEST(Resume, AtWhateverEpochTheCheckpointWasSaved) {
  // Epochs that end soon after the last save are logged, but not saved: as after a kill, log and model are not those of
  // the checkpoint.
  const Ending expected = straight(tiny, base_options());
  for (const int64_t killed_in : {1, 2, 3}) {
    SCOPED_TRACE(killed_in);
    const TemporaryFolder folder;
    const RunFiles files{folder / "run"};
    const MakeModel killed = [&] {
      auto model = std::make_unique<TinyVae>();
      model->disturb = [killed_in](const Tensor& loss, double epoch) {
        if (epoch > static_cast<double>(killed_in) + 0.5) throw std::runtime_error("killed");
        return loss;
      };
      return model;
    };
    Session run(killed, base_options(), files.directory, 3600.0);
    EXPECT_THROW(run.go(), std::runtime_error);
    EXPECT_EQ(lines_of(files.metrics()).size(), static_cast<size_t>(killed_in));
    EXPECT_EQ(read_checkpoint_header(files.checkpoint()).progress->at("epoch"), 0);
    Session again(tiny, base_options(), files.directory, 3600.0);
    EXPECT_FALSE(again.trainer->restore());
    EXPECT_EQ(again.trainer->epochs_done(), 0);
    EXPECT_EQ(again.go(), Outcome::finished);
    expect_equal(Ending(files.directory), expected);
  }
}

TEST(Resume, StoppingAndFinishingAlwaysSave) {
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  {
    Session run(tiny, base_options(), files.directory, 3600.0);
    run.recorder.stop_after_steps = 2 * kSteps + 3;
    EXPECT_EQ(run.go(), Outcome::interrupted);
  }
  EXPECT_EQ(read_checkpoint_header(files.checkpoint()).progress->at("epoch"), 2);
  EXPECT_EQ(read_checkpoint_header(files.checkpoint()).progress->at("step"), 3);
  Session run(tiny, base_options(), files.directory, 3600.0);
  EXPECT_FALSE(run.trainer->restore());
  EXPECT_EQ(run.go(), Outcome::finished);
  EXPECT_EQ(read_checkpoint_header(files.checkpoint()).progress->at("epoch"), 4);
  expect_equal(Ending(files.directory), straight(tiny, base_options()));
}

TEST(Resume, ACheckpointIsAsLargeAfterManyEpochs) {
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  TrainingOptions options = base_options();
  options.epochs = 60;
  std::vector<uintmax_t> sizes;
  Session run(tiny, options, files.directory);
  run.recorder.after_epoch = [&](const EpochReport&) {
    sizes.push_back(std::filesystem::file_size(files.checkpoint()));
  };
  run.go();
  // Some digits more or less; a report of an epoch takes hundreds.
  EXPECT_NEAR(static_cast<double>(sizes.at(59)), static_cast<double>(sizes.at(1)), 100.0);
}

class LostLog : public ::testing::TestWithParam<const char*> {};

TEST_P(LostLog, CostsFiguresOfEpochsAndNothingElse) {
  TrainingOptions options = base_options();
  options.patience = 4;
  const Ending expected = straight(tiny, options);
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  {
    Session run(tiny, options, files.directory);
    run.recorder.stop_after_steps = 2 * kSteps + 3;
    run.go();
  }
  const std::string what = GetParam();
  if (what == "missing") std::filesystem::remove(files.metrics());
  if (what == "shortened")
    std::filesystem::resize_file(files.metrics(), std::filesystem::file_size(files.metrics()) / 4);
  if (what == "foreign") std::ofstream(files.metrics()) << "epoch,loss\n1,[2\n" << std::string(2000, '\0');
  if (what == "a number changed") {
    std::fstream file(files.metrics());
    file.seekp(30);
    file << "7";
  }
  Session run(tiny, options, files.directory);
  const auto warning = run.trainer->restore();
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->what,
              HasSubstr("metrics.jsonl: is not as the checkpoint left it; of 2 epochs, the figures of "));
  EXPECT_EQ(run.go(), Outcome::finished);
  const Ending ending(files.directory);
  EXPECT_EQ(ending.checkpoint, expected.checkpoint);
  EXPECT_EQ(ending.model, expected.model);
  EXPECT_EQ(ending.progress, expected.progress);
  ASSERT_FALSE(ending.metrics.empty());
  EXPECT_EQ(ending.metrics.back(), expected.metrics.back());
  // It has become the run's log: the next resume finds nothing wrong with it.
  EXPECT_FALSE(Session(tiny, options, files.directory).trainer->restore());
}

INSTANTIATE_TEST_SUITE_P(Resume, LostLog, ::testing::Values("missing", "shortened", "foreign", "a number changed"));

TEST(Resume, CheckpointsThatHoldTheHistoryCanStillBeRead) {
  const Ending expected = straight(tiny, base_options());
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  {
    Session run(tiny, base_options(), files.directory);
    run.recorder.stop_after_steps = 2 * kSteps + 3;
    run.go();
  }
  // As version 1 wrote it: the history in the checkpoint, diagnoses by their codes alone.
  Checkpoint checkpoint = read_checkpoint(files.checkpoint());
  nlohmann::json progress = *checkpoint.progress;
  progress["history"] = lines_of(files.metrics());
  progress["best_epoch"] = 0;
  progress["told"] = nlohmann::json::array({"some-code"});
  for (const char* key : {"log", "last"}) progress.erase(key);
  write_safetensors(files.checkpoint(), checkpoint.tensors,
                    {{"format", "latent-checkpoint"},
                     {"format_version", "1"},
                     {"config", checkpoint.config.dump()},
                     {"options", checkpoint.options.dump()},
                     {"info", checkpoint.info.dump()},
                     {"progress", progress.dump()}});
  std::filesystem::remove(files.metrics());
  Session run(tiny, base_options(), files.directory);
  EXPECT_FALSE(run.trainer->restore());
  EXPECT_EQ(run.trainer->history().size(), 2u);
  EXPECT_EQ(run.go(), Outcome::finished);
  Ending ending(files.directory);
  EXPECT_EQ(ending.progress["told"], nlohmann::json::parse(R"([{"code": "some-code", "epoch": 0}])"));
  ending.progress["told"] = expected.progress.at("told");
  expect_equal(ending, expected);
}

}  // namespace
}  // namespace latent

// Training as a user sees it: what is learnt, told, written and saved, and what the doctor does.
#include "tiny_model.hpp"

#include <latent/core/detail/json_value.hpp>
#include <latent/formats/safetensors.hpp>
#include <latent/models/model_file.hpp>
#include <latent/models/registry.hpp>
#include <latent/training/checkpoint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent {
namespace {

using namespace test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TrainingOptions base_options() {
  TrainingOptions options;
  options.epochs = 3;
  options.batch = 8;
  options.optimizer.lr = 0.02;
  return options;
}

Outcome train(LatentModel& model, const TrainingOptions& options, Recorder& recorder,
              std::optional<RunFiles> files = std::nullopt, std::shared_ptr<const data::Dataset> held_out = nullptr,
              int64_t samples = 20) {
  Trainer trainer(model, random_set(samples, 10), std::move(held_out), "validation", options, std::move(files), {});
  return trainer.run(recorder, recorder.stop);
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted";
}

// The tensors of a model file must be those of a model, bit for bit.
void expect_saved(const std::filesystem::path& path, const LatentModel& model) {
  const Safetensors file = read_safetensors(path);
  ASSERT_EQ(file.tensors.size(), model.state().size());
  for (const auto& [name, tensor] : model.state()) EXPECT_EQ(file.at(name).to_vector(), tensor.to_vector()) << name;
}

TEST(Trainer, OverfitsEightSamples) {
  TinyVae model;
  TrainingOptions options = base_options();
  options.epochs = 300;
  Recorder recorder;
  EXPECT_EQ(train(model, options, recorder, std::nullopt, nullptr, 8), Outcome::finished);
  ASSERT_EQ(recorder.epochs.size(), 300u);
  EXPECT_LT(recorder.epochs.back().train.at("loss"), 0.95 * recorder.epochs.front().train.at("loss"));
}

TEST(Trainer, TellsEveryBatchAndEpoch) {
  TinyVae model;
  TrainingOptions options = base_options();
  options.epochs = 2;
  Recorder recorder;
  train(model, options, recorder, std::nullopt, random_set(5, 2));
  using Seen = Recorder::BatchSeen;
  EXPECT_THAT(recorder.batches, ElementsAre(Seen{1, 8, 20}, Seen{1, 16, 20}, Seen{1, 20, 20},  //
                                            Seen{2, 8, 20}, Seen{2, 16, 20}, Seen{2, 20, 20}));
  ASSERT_EQ(recorder.epochs.size(), 2u);
  const EpochReport& last = recorder.epochs.back();
  EXPECT_EQ(last.epoch, 2);
  EXPECT_EQ(last.lr, 0.02);
  EXPECT_GT(last.seconds, 0.0);
  EXPECT_GT(last.samples_per_second, 0.0);
  EXPECT_EQ(last.train, recorder.last_metrics);
  for (const Metrics* metrics : {&last.train, &last.held_out}) {
    EXPECT_NEAR(metrics->at("loss"), metrics->at("reconstruction") + metrics->at("kl"), 1e-4);
    EXPECT_EQ(metrics->at("elbo"), -(metrics->at("reconstruction") + metrics->at("kl")));
  }
  ASSERT_EQ(last.kl_per_dim.size(), static_cast<size_t>(kCodes));
  double kl = 0.0;
  for (const double d : last.kl_per_dim) kl += d;
  EXPECT_NEAR(kl, last.train.at("kl"), 1e-4);
}

TEST(Trainer, EverySampleIsSeenOnceInAnEpoch) {
  TinyVae model;
  Recorder recorder;
  train(model, base_options(), recorder);
  // The model counts samples in its last tensor: 3 epochs of 20.
  EXPECT_EQ(values_of(model).front(), (std::vector<double>{60.0}));
}

TEST(Trainer, WritesModelLogAndCheckpoint) {
  const TemporaryFolder folder;
  const RunFiles files{folder / "new" / std::string("run"), 0.0};
  TinyVae model;
  Recorder recorder;
  recorder.after_epoch = [&](const EpochReport& report) {
    // The files of an epoch are there when it is told.
    EXPECT_EQ(lines_of(files.metrics()).size(), static_cast<size_t>(report.epoch));
    EXPECT_EQ(read_checkpoint_header(files.checkpoint()).progress->at("epoch"), report.epoch);
    EXPECT_EQ(summarize_model(files.model()).info->at("training").at("epochs_done"), report.epoch);
  };
  train(model, base_options(), recorder, files, random_set(5, 2));
  expect_saved(files.model(), model);
  const auto lines = lines_of(files.metrics());
  ASSERT_EQ(lines.size(), 3u);
  for (const char* key : {"epoch", "seconds", "samples_per_second", "lr", "train", "validation", "kl_per_dim"}) {
    EXPECT_TRUE(lines[2].contains(key)) << key;
  }
  EXPECT_EQ(lines[2].at("validation").at("elbo"), recorder.epochs[2].held_out.at("elbo"));
  const nlohmann::json info = *summarize_model(files.model()).info;
  EXPECT_EQ(info.at("metrics"), lines[2]);
  EXPECT_EQ(info.at("training").at("lr"), 0.02);
}

TEST(Trainer, NumbersThatAreNotFiniteAreNullInTheLog) {
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  TinyVae model;
  model.scripted_losses = {1.0, kNan};
  Recorder recorder;
  train(model, base_options(), recorder, files, random_set(5, 2));
  EXPECT_EQ(lines_of(files.metrics())[0].at("validation").at("loss"), 1.0);
  EXPECT_TRUE(lines_of(files.metrics())[1].at("validation").at("loss").is_null());
  ASSERT_GE(recorder.diagnoses.size(), 1u);
  EXPECT_EQ(recorder.diagnoses[0].code, "held-out-not-finite");
}

TEST(Trainer, KeepsTheBestWeightsWithPatience) {
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  TinyVae model;
  model.scripted_losses = {5.0, 3.0, 4.0, 3.0, 1.0};
  TrainingOptions options = base_options();
  options.epochs = 10;
  options.patience = 2;
  Recorder recorder;
  std::vector<std::vector<double>> best;
  recorder.after_epoch = [&](const EpochReport& report) {
    if (report.epoch == 2) best = values_of(model);
  };
  EXPECT_EQ(train(model, options, recorder, files, random_set(5, 2)), Outcome::stopped_early);
  EXPECT_EQ(recorder.epochs.size(), 4u);
  EXPECT_EQ(values_of(model), best);
  expect_saved(files.model(), model);
  EXPECT_EQ(summarize_model(files.model()).info->at("metrics").at("epoch"), 2);
  EXPECT_EQ(summarize_model(files.model()).info->at("training").at("epochs_done"), 4);
}

TEST(Trainer, SavesAveragedWeights) {
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  TinyVae model;
  TrainingOptions options = base_options();
  options.ema = 0.99;
  Recorder recorder;
  std::vector<double> raw;
  recorder.after_epoch = [&](const EpochReport&) { raw = model.weight().to_vector(); };
  train(model, options, recorder, files, random_set(5, 2));
  EXPECT_NE(model.weight().to_vector(), raw);
  expect_saved(files.model(), model);
  // What was evaluated is what was saved.
  EXPECT_EQ(evaluate_terms(model, *random_set(5, 2), 256, options.seed), recorder.epochs.back().held_out);
}

TEST(Trainer, ClippingLimitsASgdStep) {
  TinyVae model;
  const std::vector<double> before = model.weight().to_vector();
  TrainingOptions options = base_options();
  options.epochs = 1;
  options.batch = 20;
  options.clip_norm = 1e-3;
  options.optimizer = {.name = "sgd", .lr = 1.0, .momentum = 0.0};
  Recorder recorder;
  train(model, options, recorder);
  double moved = 0.0;
  const std::vector<double> after = model.weight().to_vector();
  for (size_t i = 0; i < before.size(); ++i) moved += (after[i] - before[i]) * (after[i] - before[i]);
  EXPECT_GT(moved, 0.0);
  EXPECT_LT(std::sqrt(moved), 1e-3 * (1 + 1e-3));
}

TEST(Trainer, RateFollowsTheSchedule) {
  TinyVae model;
  TrainingOptions options = base_options();
  options.epochs = 4;
  options.batch = 20;
  options.schedule = {.name = "step", .warmup_epochs = 1.0, .step_epochs = 1.0, .step_factor = 0.1};
  Recorder recorder;
  train(model, options, recorder);
  // In the middle of the only step of each epoch: half way up, then 1, 0.1, 0.01.
  const double expected[] = {0.01, 0.02, 0.002, 0.0002};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(recorder.epochs[i].lr, expected[i], 1e-12);
}

TEST(Trainer, FittedPriorsAreReadyAfterTrainingAndInterruption) {
  const nlohmann::json config = {{"model", "ae"},
                                 {"data_shape", {kValues}},
                                 {"latent_dim", 2},
                                 {"network", {{"name", "mlp"}, {"hidden", {8}}}},
                                 {"likelihood", {{"name", "bernoulli"}}}};
  for (const int64_t stop_after : {int64_t{-1}, int64_t{2}}) {
    const TemporaryFolder folder;
    const RunFiles files{folder / "run"};
    Rng rng(1);
    const auto model = make_model(config, rng);
    Recorder recorder;
    recorder.stop_after_steps = stop_after;
    const Outcome outcome = train(*model, base_options(), recorder, files);
    EXPECT_EQ(outcome, stop_after > 0 ? Outcome::interrupted : Outcome::finished);
    const LoadedModel loaded = load_model(files.model());
    EXPECT_EQ(loaded.model->sample_prior(5, rng).shape(), (Shape{5, 2}));
  }
}

TEST(Trainer, RefusesWhatDoesNotFit) {
  TinyVae model;
  const auto make = [&](std::shared_ptr<const data::Dataset> train_set, std::shared_ptr<const data::Dataset> held_out,
                        const TrainingOptions& options) {
    return refusal([&] { Trainer(model, train_set, held_out, "validation", options, std::nullopt, {}); });
  };
  const auto wrong = data::from_tensor(random_samples(5, 1, 3), data::Kind::array, {});
  TrainingOptions patient = base_options(), lazy = base_options();
  patient.patience = 1;
  lazy.epochs = 0;
  EXPECT_THAT(make(nullptr, nullptr, base_options()), HasSubstr("training set"));
  EXPECT_THAT(make(wrong, nullptr, base_options()), HasSubstr("(12)"));
  EXPECT_THAT(make(random_set(5, 1), wrong, base_options()), HasSubstr("validation"));
  EXPECT_THAT(make(random_set(5, 1), nullptr, patient), HasSubstr("--validation"));
  EXPECT_THAT(make(random_set(5, 1), nullptr, lazy), HasSubstr("epochs"));
  EXPECT_EQ(make(random_set(5, 1), nullptr, base_options()), "accepted");
  Trainer trainer(model, random_set(5, 1), nullptr, "", base_options(), std::nullopt, {});
  EXPECT_THAT(refusal([&] { trainer.restore(); }), HasSubstr("files"));
}

TEST(Trainer, FolderThatCannotBeMadeIsAnIoError) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "in the way";
  TinyVae model;
  Recorder recorder;
  EXPECT_THROW(train(model, base_options(), recorder, RunFiles{folder / "file" / std::string("run")}), IoError);
  EXPECT_EQ(recorder.steps, 0);
}

TEST(Trainer, StopBeforeTheFirstStep) {
  TinyVae model;
  const auto before = values_of(model);
  Recorder recorder;
  recorder.stop = true;
  EXPECT_EQ(train(model, base_options(), recorder), Outcome::interrupted);
  EXPECT_EQ(values_of(model), before);
}

// --- the doctor during training ---

struct Disturbance {
  const char* name;
  std::function<Tensor(const TinyVae&, const Tensor&)> apply;
};
const Disturbance kDisturbances[] = {
    {"loss", [](const TinyVae&, const Tensor& loss) { return affine(loss, kNan); }},
    // The loss stays as it is, its gradient is 0 / sqrt(0).
    {"gradient", [](const TinyVae& m, const Tensor& loss) { return loss + sqrt(affine(sum(m.weight()), 0.0)); }},
};

TEST(Trainer, TakesBackAStepThatIsNotFinite) {
  for (const auto& [name, apply] : kDisturbances) {
    SCOPED_TRACE(name);
    TinyVae model, calm;
    bool done = false;
    std::vector<double> lrs;
    model.disturb = [&, f = apply](const Tensor& loss, double epoch) {
      // In the second step of the second epoch, once.
      if (done || epoch < 1.3) return loss;
      done = true;
      return f(model, loss);
    };
    Recorder recorder, calm_recorder;
    EXPECT_EQ(train(model, base_options(), recorder), Outcome::finished);
    train(calm, base_options(), calm_recorder);
    ASSERT_EQ(recorder.diagnoses.size(), 1u);
    EXPECT_EQ(recorder.diagnoses[0].code, "non-finite");
    EXPECT_THAT(recorder.diagnoses[0].what, HasSubstr(name));
    EXPECT_THAT(recorder.diagnoses[0].what, HasSubstr("step 2 of epoch 2"));
    EXPECT_THAT(recorder.diagnoses[0].advice, HasSubstr("--lr"));
    EXPECT_EQ(recorder.epochs[0].train, calm_recorder.epochs[0].train);
    EXPECT_EQ(recorder.epochs[0].lr, 0.02);
    EXPECT_EQ(recorder.epochs[1].lr, 0.01);
    EXPECT_EQ(recorder.epochs[2].lr, 0.01);
    // Samples of the step that was taken back are not counted.
    EXPECT_EQ(values_of(model).front(), (std::vector<double>{60.0}));
    for (const auto& values : values_of(model)) {
      for (const double value : values) EXPECT_TRUE(std::isfinite(value));
    }
  }
}

TEST(Trainer, GivesUpAfterTwoRestartsWithTheLastGoodModelSaved) {
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  TinyVae model;
  model.disturb = [](const Tensor& loss, double epoch) { return epoch < 1.3 ? loss : affine(loss, kNan); };
  Recorder recorder;
  std::vector<std::vector<double>> good;
  recorder.after_epoch = [&](const EpochReport&) { good = values_of(model); };
  try {
    train(model, base_options(), recorder, files);
    FAIL() << "training should have diverged";
  } catch (const TrainingDiverged& e) {
    EXPECT_THAT(e.what(), HasSubstr("epoch 2"));
    EXPECT_THAT(e.what(), HasSubstr("the model of epoch 1 is saved"));
  }
  EXPECT_EQ(recorder.diagnoses.size(), 2u);
  EXPECT_EQ(recorder.epochs.size(), 1u);
  EXPECT_EQ(values_of(model), good);
  expect_saved(files.model(), model);
}

TEST(Trainer, WeightsThatOverflowInTheLastStepAreTakenBack) {
  TinyVae model;
  TrainingOptions options = base_options();
  options.epochs = 1;
  options.batch = 20;
  options.optimizer = {.name = "sgd", .lr = 1e8, .momentum = 0.0};
  // Loss and gradient are finite; the step they lead to is not.
  model.disturb = [](const Tensor& loss, double) { return affine(loss, 1e35); };
  Recorder recorder;
  EXPECT_THROW(train(model, options, recorder), TrainingDiverged);
  for (const auto& values : values_of(model)) {
    for (const double value : values) EXPECT_TRUE(std::isfinite(value));
  }
}

TEST(Trainer, TellsOfCollapseOnce) {
  TinyVae model;
  // Ten times the KL's weight is not needed: data without structure makes a linear VAE give up its codes.
  TrainingOptions options = base_options();
  options.epochs = 60;
  Recorder recorder;
  train(model, options, recorder, std::nullopt, nullptr, 200);
  ASSERT_EQ(recorder.diagnoses.size(), 1u);
  EXPECT_EQ(recorder.diagnoses[0].code, "posterior-collapse");
  EXPECT_THAT(recorder.diagnoses[0].advice, HasSubstr("--beta"));
}

// --- phases ---

// Two phases that pull at one weight each; the second one's loss depends on both.
class TwoPhases : public TinyVae {
 public:
  TwoPhases() {
    a_ = add_parameter("a", Tensor::full({1}, 1.0));
    b_ = add_parameter("b", Tensor::full({1}, 1.0));
  }
  std::vector<Phase> phases() override {
    const auto loss = [](const Tensor& value, int64_t n) { return LossTerms{reshape(repeat(value, n), {n}), {}, {}}; };
    return {{"first", {{"a", a_}}, [=, this](const Batch& b, const StepContext&) { return loss(a_, b.size()); }},
            {"second", {{"b", b_}}, [=, this](const Batch& b, const StepContext&) { return loss(a_ * b_, b.size()); }}};
  }
  double a() const { return a_.item(); }
  double b() const { return b_.item(); }

 private:
  Tensor a_, b_;
};

TEST(Trainer, PhasesHaveTheirOwnParametersAndMeans) {
  TwoPhases model;
  TrainingOptions options = base_options();
  options.epochs = 1;
  options.batch = 10;
  options.optimizer = {.name = "sgd", .lr = 0.1, .momentum = 0.0};
  Recorder recorder;
  train(model, options, recorder);
  // a: 1, 0.9, 0.8 by its own gradient 1 alone; b: 1 - 0.1 * 0.9 - 0.1 * 0.8.
  EXPECT_NEAR(model.a(), 0.8, 1e-6);
  EXPECT_NEAR(model.b(), 0.83, 1e-6);
  EXPECT_NEAR(recorder.epochs[0].train.at("first.loss"), 0.95, 1e-6);
  EXPECT_NEAR(recorder.epochs[0].train.at("second.loss"), (0.9 * 1.0 + 0.8 * 0.91) / 2, 1e-6);
}

}  // namespace
}  // namespace latent

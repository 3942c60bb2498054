// Training on damaged inputs: batches, bits, resuming, evaluation, and that it learns to clean.
#include "tiny_model.hpp"

#include <latent/core/detail/json_value.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/image_quality.hpp>
#include <latent/models/denoise.hpp>
#include <latent/models/registry.hpp>
#include <latent/training/batch_reader.hpp>
#include <latent/training/checkpoint.hpp>
#include <latent/training/doctor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace latent {
namespace {

using namespace test;
using data::Corruption;
using ::testing::HasSubstr;

Corruption spec(std::string_view text) { return Corruption::from_text(text); }

TEST(BatchReader, DamagesTheInputAndLeavesTheTargetClean) {
  const auto set = random_set(20, 1);
  BatchReader reader(*set, 8, spec("mask:0.5"));
  const std::vector<int64_t> indices = {3, 19, 0};
  const Batch& batch = reader.read(indices, Rng(4));
  EXPECT_EQ(batch.x.to_vector(), set->batch(indices).to_vector());
  ASSERT_EQ(batch.input.shape(), batch.x.shape());
  int64_t masked = 0;
  for (int64_t i = 0; i < batch.x.numel(); ++i) {
    const float input = batch.input.data<float>()[i];
    masked += input == 0.0f ? 1 : 0;
    EXPECT_TRUE(input == 0.0f || input == batch.x.data<float>()[i]);
  }
  EXPECT_GT(masked, 5);
  EXPECT_LT(masked, 31);
  EXPECT_FALSE(BatchReader(*set, 8).read(indices).input.defined());
}

TEST(BatchReader, ReadsDynamicBitsAnewForTraining) {
  const auto greys = data::from_tensor(Tensor::full({20, 6, 6}, 0.5), data::Kind::images, {});
  const auto bits = data::drawn_bits(greys, data::DrawnBits::dynamic, 1);
  BatchReader reader(*bits, 8);
  const std::vector<int64_t> indices = {3, 19, 0};
  const std::vector<double> usual = reader.read(indices, Rng(4)).x.to_vector();
  EXPECT_EQ(reader.read(indices, Rng(5)).x.to_vector(), usual);
  const std::vector<double> first = reader.read_anew(indices, Rng(4)).x.to_vector();
  EXPECT_NE(first, usual);
  EXPECT_NE(reader.read_anew(indices, Rng(5)).x.to_vector(), first);
  EXPECT_EQ(reader.read_anew(indices, Rng(4)).x.to_vector(), first);
}

TEST(BatchReader, DamageDependsOnTheTapeAndTheSampleAlone) {
  const auto set = random_set(20, 1);
  BatchReader reader(*set, 8, spec("gaussian:0.2-0.6"));
  const std::vector<double> both = reader.read(std::vector<int64_t>{5, 6}, Rng(4)).input.to_vector();
  const std::vector<double> last = reader.read(std::vector<int64_t>{1, 2, 6}, Rng(4)).input.to_vector();
  EXPECT_TRUE(std::equal(both.begin() + kValues, both.end(), last.begin() + 2 * kValues));
  EXPECT_NE(reader.read(std::vector<int64_t>{5, 6}, Rng(5)).input.to_vector(), both);
}

TEST(BatchReader, AugmentsTargetAndInputAlikeAndAnewInEachEpoch) {
  Tensor x = Tensor::empty({20, 1, 6, 8});
  Rng(2).uniform(x.span<float>());
  const auto set = data::from_tensor(x, data::Kind::images, {});
  const data::Augmentation augmentation{.flip = true, .shift = 0.2};
  const std::vector<int64_t> indices = {3, 19, 0, 4};
  BatchReader reader(*set, 8, spec("none"), augmentation), damaging(*set, 8, spec("mask:0.5"), augmentation);
  const std::vector<double> plain = set->batch(indices).to_vector();
  const std::vector<double> first = reader.read(indices, Rng(4)).x.to_vector();
  EXPECT_NE(first, plain);
  EXPECT_EQ(reader.read(indices, Rng(4)).x.to_vector(), first);
  EXPECT_NE(reader.read(indices, Rng(5)).x.to_vector(), first);
  const Batch& damaged = damaging.read(indices, Rng(4));
  EXPECT_EQ(damaged.x.to_vector(), first);
  for (int64_t i = 0; i < damaged.x.numel(); ++i) {
    const float input = damaged.input.data<float>()[i];
    EXPECT_TRUE(input == 0.0F || input == damaged.x.data<float>()[i]);
  }
}

TrainingOptions options_with(std::string_view corruption) {
  TrainingOptions options;
  options.epochs = 3;
  options.batch = 8;
  options.optimizer.lr = 0.02;
  options.seed = 3;
  options.corruption = spec(corruption);
  return options;
}

struct Ending {
  std::vector<std::vector<double>> weights;
  std::vector<Metrics> held_out, train;
  bool operator==(const Ending&) const = default;
};

// Trains in a folder, interrupted after each of `stops` steps and restored as by a new process.
Ending ending_of(const TrainingOptions& options, const std::vector<int64_t>& stops) {
  const TemporaryFolder folder;
  Ending ending;
  for (size_t session = 0; session <= stops.size(); ++session) {
    TinyVae model;
    Trainer trainer(model, random_set(50, 10), random_set(20, 11), "validation", options, RunFiles{folder / "run"}, {});
    if (session > 0) trainer.restore();
    Recorder recorder;
    if (session < stops.size()) recorder.stop_after_steps = stops[session];
    EXPECT_EQ(trainer.run(recorder, recorder.stop), session < stops.size() ? Outcome::interrupted : Outcome::finished);
    if (session < stops.size()) continue;
    ending.weights = values_of(model);
    for (const EpochReport& report : trainer.history()) {
      ending.held_out.push_back(report.held_out);
      ending.train.push_back(report.train);
    }
  }
  return ending;
}

TEST(CorruptTraining, ResumedRunsEndWithTheSameBits) {
  for (const char* corruption : {"gaussian:0.3", "gaussian:0.1-0.5,mask:0.2"}) {
    const TrainingOptions options = options_with(corruption);
    const Ending straight = ending_of(options, {});
    EXPECT_TRUE(ending_of(options, {7}) == straight) << corruption;        // between epochs: 7 steps each
    EXPECT_TRUE(ending_of(options, {3, 1, 8}) == straight) << corruption;  // in the middle of them
  }
}

TEST(CorruptTraining, DamageChangesWhatIsLearnedAndEachEpochHasItsOwn) {
  const Ending clean = ending_of(options_with("none"), {}), damaged = ending_of(options_with("mask:0.5"), {});
  EXPECT_FALSE(clean == damaged);
  TrainingOptions other = options_with("mask:0.5");
  other.seed = 4;
  EXPECT_FALSE(ending_of(other, {}) == damaged);
}

TEST(CorruptTraining, CheckpointsAreThoseOfOneDamageAndOldOnesHaveNone) {
  const TemporaryFolder folder;
  const RunFiles files{folder / "run"};
  const auto restore = [&](std::string_view corruption) -> std::string {
    TinyVae model;
    Trainer trainer(model, random_set(50, 10), nullptr, "", options_with(corruption), files, {});
    try {
      trainer.restore();
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  {
    TinyVae model;
    Trainer trainer(model, random_set(50, 10), nullptr, "", options_with("mask:0.5"), files, {});
    Recorder recorder;
    trainer.run(recorder, recorder.stop);
  }
  EXPECT_EQ(restore("mask:0.5"), "accepted");
  EXPECT_THAT(restore("mask:0.4"), HasSubstr("corrupt is \"mask:0.5\" there"));
  EXPECT_THAT(restore("none"), HasSubstr("corrupt is \"mask:0.5\" there"));
  Checkpoint old = read_checkpoint(files.checkpoint());
  EXPECT_EQ(TrainingOptions::from_json(old.options).corruption, spec("mask:0.5"));
  nlohmann::json options = *old.options;
  options.erase("corrupt");
  old.options = options;
  write_checkpoint(files.checkpoint(), old);
  EXPECT_EQ(restore("none"), "accepted");
  EXPECT_THAT(restore("mask:0.5"), HasSubstr("corrupt is missing there"));
}

TEST(CorruptTraining, EvaluationSeesDamageAndMeasuresAgainstTheCleanSamples) {
  const TinyVae model;
  const auto set = random_set(50, 3);
  const Metrics clean = evaluate_terms(model, *set, 16, 7), none = evaluate_terms(model, *set, 16, 7, nullptr, {});
  EXPECT_EQ(clean, none);
  const Metrics damaged = evaluate_terms(model, *set, 16, 7, nullptr, spec("mask:0.5"));
  EXPECT_NE(damaged.at("kl"), clean.at("kl"));
  // KL needs no draws of codes: it is that of the damaged samples, whatever the batches.
  EXPECT_NEAR(damaged.at("kl"), evaluate_terms(model, *set, 50, 7, nullptr, spec("mask:0.5")).at("kl"), 1e-4);
  const Evaluation all = evaluate(model, *set, {.batch = 16, .seed = 7, .corruption = spec("mask:0.5")});
  EXPECT_EQ(all.terms, damaged);
  EXPECT_THROW(evaluate_terms(model, *set, 16, 7, nullptr, spec("blur:1")), std::invalid_argument);
}

TEST(CorruptTraining, RefusesDamageThatDoesNotFitTheData) {
  TinyVae model;
  EXPECT_THROW(Trainer(model, random_set(50, 10), nullptr, "", options_with("blur:1"), std::nullopt, {}),
               std::invalid_argument);
  EXPECT_THROW(Trainer(model, random_set(50, 10), nullptr, "", options_with("salt-pepper:0.1"), std::nullopt, {}),
               std::invalid_argument);
}

// Smooth images (8, 8): one bright spot at a random place.
std::shared_ptr<const data::Dataset> spots(int64_t n, uint64_t seed, float brightness = 1.0f) {
  Tensor x = Tensor::empty({n, 1, 8, 8});
  std::vector<float> places(static_cast<size_t>(2 * n));
  Rng(seed).uniform(places);
  for (int64_t i = 0; i < n * 64; ++i) {
    const auto at = static_cast<size_t>(2 * (i / 64));
    const float dy = static_cast<float>(i / 8 % 8) - 8.0f * places[at],
                dx = static_cast<float>(i % 8) - 8.0f * places[at + 1];
    x.data<float>()[i] = brightness * std::exp(-(dx * dx + dy * dy) / 6.0f);
  }
  return data::from_tensor(x, data::Kind::images, {});
}

std::unique_ptr<LatentModel> small_ae(std::string_view likelihood) {
  Rng rng(2);
  return make_model(nlohmann::json{{"model", "ae"},
                                   {"data_shape", {1, 8, 8}},
                                   {"latent_dim", 4},
                                   {"network", {{"name", "mlp"}, {"hidden", {64}}}},
                                   {"likelihood", {{"name", likelihood}}}},
                    rng);
}

TEST(CorruptTraining, LearnsToClean) {
  const auto model = small_ae("bernoulli");
  TrainingOptions options;
  options.epochs = 25;
  options.batch = 32;
  options.optimizer.lr = 0.003;
  options.corruption = spec("gaussian:0.3");
  Trainer trainer(*model, spots(1000, 1), nullptr, "", options, std::nullopt, {});
  Recorder recorder;
  trainer.run(recorder, recorder.stop);
  const auto clean = spots(200, 2);
  const Tensor x = clean->range(0, 200), noisy = data::corrupted(clean, options.corruption, 5)->range(0, 200);
  const auto mean = [](const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0) / 200.0; };
  const double before = mean(data::psnr(noisy, x)), after = mean(data::psnr(denoise(*model, noisy), x));
  EXPECT_GT(after, before + 6.0) << before << " dB before, " << after << " dB after";
}

TEST(CorruptTraining, ImagesBeyondTheRangeThatDamageClipsToAreAnError) {
  const auto model = small_ae("gaussian");
  EXPECT_TRUE(doctor::examine_data(*model, *spots(20, 1, 2.0f)).empty());
  EXPECT_TRUE(doctor::examine_data(*model, *spots(20, 1, 1.0f), spec("mask:0.1")).empty());
  const auto found = doctor::examine_data(*model, *spots(20, 1, 2.0f), spec("mask:0.1"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, "outside-unit-interval");
  EXPECT_EQ(found[0].severity, Diagnosis::Severity::error);
  EXPECT_THAT(found[0].what, HasSubstr("damaged images are clipped"));
}

}  // namespace
}  // namespace latent

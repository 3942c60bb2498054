// Steps with several phases: whose parameters move when, by which optimizer and rate.
#include "tiny_gan.hpp"

#include <latent/training/checkpoint.hpp>
#include <latent/training/detail/training_state.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent {
namespace {

using namespace test;
using ::testing::HasSubstr;

TrainingOptions gan_options(int64_t epochs) {
  TrainingOptions options;
  options.epochs = epochs;
  options.batch = 8;
  options.optimizer.lr = 0.02;
  return options;
}

TEST(Phases, TakeTheirShareOfEachRound) {
  // Seven batches: whole rounds of three, and one batch of the next.
  const TrainingOptions options = gan_options(1);
  for (const auto& [steps, calls] : std::vector<std::pair<TinyGan::Options, std::pair<int64_t, int64_t>>>{
           {{3, 1}, {7, 2}}, {{1, 1}, {7, 7}}, {{1, 3}, {2, 7}}, {{2, 3}, {4, 7}}}) {
    TinyGan model(steps);
    Recorder recorder;
    Trainer trainer(model, random_set(50, 10), nullptr, "validation", options, std::nullopt, {});
    trainer.run(recorder, recorder.stop);
    EXPECT_EQ(std::pair(model.critic_calls, model.generator_calls), calls) << steps.critic_steps;
  }
}

TEST(Phases, RoundsGoOnAcrossEpochs) {
  TinyGan model({3, 1});
  TrainingState state(model, gan_options(9), 7);
  std::string turns;
  for (int64_t step = 0; step < 21; ++step) {
    state.progress.epoch = step / 7;
    state.progress.step = step % 7;
    turns += state.takes_part(1) ? 'b' : 'c';
    EXPECT_TRUE(state.takes_part(0));
  }
  EXPECT_EQ(turns, "ccbccbccbccbccbccbccb");
}

TEST(Phases, MoveTheirOwnParametersAlone) {
  TinyGan model({2, 1});
  const std::vector<std::vector<double>> before = values_of(model);
  Recorder recorder;
  recorder.stop_after_steps = 1;  // the critic's turn
  Trainer trainer(model, random_set(50, 10), nullptr, "validation", gan_options(1), std::nullopt, {});
  trainer.run(recorder, recorder.stop);
  const std::vector<std::vector<double>> after = values_of(model);
  const std::vector<nn::NamedTensor> names = model.state();
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(before[i] != after[i], names[i].name.starts_with("critic.")) << names[i].name;
  }
  EXPECT_THAT(recorder.last_metrics, ::testing::Contains(::testing::Key("critic.loss")));
}

// One update by hand: Adam's first step is lr * sign(gradient), whatever the gradient's size.
TEST(Phases, HaveTheirOwnRateAndOptimizer) {
  TinyGan model({1, 1});
  const std::vector<std::vector<double>> before = values_of(model);
  const std::vector<nn::NamedTensor> names = model.state();
  TrainingOptions options = gan_options(1);
  Recorder recorder;
  recorder.stop_after_steps = 1;
  Trainer trainer(model, random_set(50, 10), nullptr, "validation", options, std::nullopt, {});
  trainer.run(recorder, recorder.stop);
  const std::vector<std::vector<double>> after = values_of(model);
  // The middle of the first of seven steps of a cosine over one epoch, of four times the run's rate.
  const double lr = 4 * 0.02 * 0.5 * (1 + std::cos(std::acos(-1.0) * 0.5 / 7));
  double squares = 0.0, farthest = 0.0;  // of the generator, of the critic
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t k = 0; k < before[i].size(); ++k) {
      const double moved = std::abs(after[i][k] - before[i][k]);
      if (names[i].name.starts_with("critic.")) {
        farthest = std::max(farthest, moved);  // Adam's eps holds back where the gradient is next to nothing
      } else {
        squares += moved * moved;
      }
    }
  }
  EXPECT_NEAR(farthest, lr, 1e-5 * lr);
  EXPECT_GT(squares, 0.0);
  EXPECT_LE(std::sqrt(squares), 0.02 * 0.5 * 1.0001);  // SGD at the run's rate, clipped to 0.5
}

TEST(Phases, CheckpointsHoldTheStateOfEveryOptimizer) {
  const TemporaryFolder folder;
  TinyGan model;
  Recorder recorder;
  recorder.stop_after_steps = 5;
  Trainer trainer(model, random_set(50, 10), nullptr, "validation", gan_options(2), RunFiles{folder / "run"}, {});
  trainer.run(recorder, recorder.stop);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : read_checkpoint(folder / "run" / "checkpoint.safetensors").tensors) {
    names.push_back(name);
  }
  EXPECT_THAT(names, ::testing::IsSupersetOf({"optimizer.critic.exp_avg.critic.hidden.weight",
                                              "optimizer.critic.exp_avg_sq.critic.score.bias",
                                              "optimizer.generator.momentum_buffer.generator.weight"}));
}

// A model whose phases a test chooses.
class Odd : public TinyVae {
 public:
  std::vector<Phase> phases() override { return chosen; }
  std::vector<Phase> chosen;
};

TEST(Phases, RefusesThoseThatMakeNoSense) {
  Odd model;
  const Phase good = model.LatentModel::phases().at(0);
  const auto message_with = [&](std::vector<Phase> phases) -> std::string {
    model.chosen = std::move(phases);
    try {
      const TrainingState state(model, gan_options(1), 7);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "accepted";
  };
  const auto changed = [&](auto change) {
    Phase phase = good;
    change(phase);
    return std::vector<Phase>{phase};
  };
  EXPECT_EQ(message_with({good}), "accepted");
  EXPECT_THAT(message_with({}), HasSubstr("no phases"));
  EXPECT_THAT(message_with({good, good}), HasSubstr("two phases are called 'main'"));
  EXPECT_THAT(message_with(changed([](Phase& p) { p.name = "a.b"; })), HasSubstr("'a.b'"));
  EXPECT_THAT(message_with(changed([](Phase& p) { p.steps = 0; })), HasSubstr("at least 1 step"));
  EXPECT_THAT(message_with(changed([](Phase& p) { p.parameters.clear(); })), HasSubstr("needs parameters"));
  EXPECT_THAT(message_with(changed([](Phase& p) {
                p.update = [](UpdateOptions run) {
                  run.optimizer.lr = -1.0;
                  return run;
                };
              })),
              HasSubstr("lr: above 0"));
}

}  // namespace
}  // namespace latent

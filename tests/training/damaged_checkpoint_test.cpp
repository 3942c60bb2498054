// Checkpoints that are damaged, or belong to another run: refused in one line, and nothing is changed.
#include "sessions.hpp"

#include <latent/core/detail/json_value.hpp>
#include <latent/training/checkpoint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace latent {
namespace {

using namespace test;
using ::testing::HasSubstr;

class DamagedCheckpoint : public ::testing::Test {
 protected:
  DamagedCheckpoint() {
    Session run(tiny, base_options(), folder_ / "run");
    run.recorder.stop_after_steps = kSteps + 3;
    run.go();
    std::ifstream file(path(), std::ios::binary);
    bytes_ = {std::istreambuf_iterator<char>(file), {}};
  }
  std::filesystem::path path() const { return RunFiles{folder_ / "run"}.checkpoint(); }

  // What restore() says; and that it changed nothing.
  std::string refusal(const MakeModel& make, const TrainingOptions& options) {
    Session run(make, options, folder_ / "run");
    const auto before = values_of(*run.model);
    std::string message = "accepted";
    try {
      run.trainer->restore();
    } catch (const DataError& e) {
      message = e.what();
      EXPECT_EQ(message.find('\n'), std::string::npos);
      EXPECT_EQ(values_of(*run.model), before);
      EXPECT_EQ(run.trainer->epochs_done(), 0);
    }
    return message;
  }
  // With the checkpoint changed by `change`.
  std::string refusal_of(const std::function<void(Checkpoint&)>& change) {
    Checkpoint checkpoint = read_checkpoint(path());
    change(checkpoint);
    write_checkpoint(path(), checkpoint);
    std::string message = refusal(tiny, base_options());
    std::ofstream(path(), std::ios::binary) << bytes_;
    return message;
  }
  std::string refusal_of_progress(const std::function<void(nlohmann::json&)>& change) {
    return refusal_of([&](Checkpoint& checkpoint) {
      nlohmann::json progress = *checkpoint.progress;
      change(progress);
      checkpoint.progress = progress;
    });
  }

  TemporaryFolder folder_;
  std::string bytes_;
};

TEST_F(DamagedCheckpoint, Truncated) {
  for (const size_t size : {size_t{0}, size_t{7}, size_t{100}, bytes_.size() / 2, bytes_.size() - 1}) {
    std::ofstream(path(), std::ios::binary) << bytes_.substr(0, size);
    EXPECT_THAT(refusal(tiny, base_options()), HasSubstr("checkpoint.safetensors")) << size;
  }
}

TEST_F(DamagedCheckpoint, ChangedHeader) {
  // Every byte of the header in turn: refused, or still a checkpoint (a digit of a number may become another digit).
  const size_t header = bytes_.find("model.encoder.weight");
  ASSERT_NE(header, std::string::npos);
  for (size_t at = 8; at < std::min(bytes_.size(), header + 200); at += 7) {
    std::string changed = bytes_;
    changed[at] = '#';
    std::ofstream(path(), std::ios::binary) << changed;
    refusal(tiny, base_options());
  }
}

TEST_F(DamagedCheckpoint, OfAnotherRun) {
  EXPECT_THAT(refusal([] { return std::make_unique<TinyVae>(1, false); }, base_options()), HasSubstr("another model"));
  TrainingOptions options = base_options();
  options.optimizer.lr = 0.5;
  EXPECT_THAT(refusal(tiny, options), HasSubstr("lr is 0.02 there, 0.5 here"));
  EXPECT_EQ(refusal(tiny, base_options()), "accepted");
}

TEST_F(DamagedCheckpoint, WithWrongContents) {
  EXPECT_THAT(refusal_of([](Checkpoint& c) { c.tensors.pop_back(); }), HasSubstr("is missing"));
  EXPECT_THAT(refusal_of([](Checkpoint& c) { c.tensors.emplace_back("more", Tensor::zeros({2})); }),
              HasSubstr("'more'"));
  EXPECT_THAT(refusal_of([](Checkpoint& c) { c.tensors[0].second = Tensor::zeros({2, 2}); }), HasSubstr("expected"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p.erase("step"); }), HasSubstr("progress"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p["step"] = "three"; }), HasSubstr("progress"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p["step"] = 7; }), HasSubstr("step 7"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p["epoch"] = 3; }),
              HasSubstr("the last report is of epoch 1"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p["best"] = p["last"], p["best"]["epoch"] = 2; }),
              HasSubstr("best epoch 2 of 1"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p["log"] = 5; }), HasSubstr("progress"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p["history"] = nlohmann::json::array(); }),
              HasSubstr("progress"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p["lr_factor"] = 0; }), HasSubstr("lr_factor"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p["means"] = nlohmann::json::array(); }),
              HasSubstr("phases"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p["train_samples"] = 51; }),
              HasSubstr("51 training samples"));
  EXPECT_THAT(refusal_of_progress([](nlohmann::json& p) { p["held_out"] = "test"; }), HasSubstr("held-out"));
  EXPECT_THAT(refusal_of([](Checkpoint& c) {
                nlohmann::json options = *c.options;
                options.erase("seed");
                c.options = options;
              }),
              HasSubstr("seed is missing"));
  EXPECT_EQ(refusal_of([](Checkpoint&) {}), "accepted");
}

TEST_F(DamagedCheckpoint, NotACheckpoint) {
  std::filesystem::copy_file(RunFiles{folder_ / "run"}.model(), path(),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(refusal(tiny, base_options()), HasSubstr("not a checkpoint"));
  std::filesystem::remove(path());
  Session run(tiny, base_options(), folder_ / "run");
  EXPECT_THROW(run.trainer->restore(), IoError);
}

TEST_F(DamagedCheckpoint, HeaderAloneTellsHowToRebuildTheRun) {
  const Checkpoint header = read_checkpoint_header(path());
  EXPECT_TRUE(header.tensors.empty());
  EXPECT_EQ(header.config, tiny()->config());
  EXPECT_EQ(TrainingOptions::from_json(header.options).to_json(), base_options().to_json());
  EXPECT_EQ(header.info, (nlohmann::json{{"data", "random"}}));
}

}  // namespace
}  // namespace latent

// latent prior: another way of drawing new codes, for a model that is trained already.

#include "tool.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

class PriorTool : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    write_idx("bars", 120);
    ok(train("bars", "vae", {"--epochs", "2"}));
  }
  std::string samples_of(const std::string& run) const {
    ok({"sample", run, "-n", "8", "-o", "s.npy"});
    return read("s.npy");
  }
  std::string reconstructions_of(const std::string& run) const {
    ok({"reconstruct", run, "-o", "r.npy"});
    return read("r.npy");
  }
};

TEST_F(PriorTool, EachMethodChangesSamplesAndNothingElseAndNoneUndoesIt) {
  const std::string samples = samples_of("vae"), reconstructions = reconstructions_of("vae");
  const auto figures = json({"evaluate", "vae"});
  const std::vector<std::vector<std::string>> methods = {{"flow", "--updates", "30", "--hidden", "16", "--steps", "3"},
                                                         {"mixture", "--components", "2"},
                                                         {"vamp", "--components", "5"}};
  for (const std::vector<std::string>& method : methods) {
    std::vector<std::string> words = {"prior", "vae", "--threads", "1", "--method"};
    words.insert(words.end(), method.begin(), method.end());
    const auto report = json(words);
    EXPECT_EQ(report.at("sampler").at("name"), method[0]);
    EXPECT_EQ(report.at("loss").is_number(), method[0] == "flow");
    const std::string other = samples_of("vae");
    EXPECT_NE(other, samples) << method[0];
    EXPECT_EQ(other, samples_of("vae"));
    EXPECT_EQ(reconstructions_of("vae"), reconstructions);
    EXPECT_EQ(json({"evaluate", "vae"}).at("elbo"), figures.at("elbo"));
    EXPECT_THAT(ok({"info", "vae"}), HasSubstr(method[0]));
    EXPECT_EQ(json({"info", "vae"}).at("config").at("sampler").at("name"), method[0]);
    json(words);  // a second time, over the first, gives the same
    EXPECT_EQ(samples_of("vae"), other);
  }
  ok({"prior", "vae", "--method", "none"});
  EXPECT_EQ(samples_of("vae"), samples);
  EXPECT_FALSE(json({"info", "vae"}).at("config").contains("sampler"));
}

TEST_F(PriorTool, WritesACopyAndLeavesTheRunAsItWas) {
  const std::string before = read("vae/model.safetensors");
  ok({"prior", "vae", "--method", "vamp", "--components", "5", "-o", "new"});
  EXPECT_EQ(read("vae/model.safetensors"), before);
  EXPECT_NE(samples_of("new"), samples_of("vae"));
  fails(2, {"prior", "vae", "--method", "vamp", "--components", "5", "-o", "new"}, "exists and is not empty");
  // A model file alone is changed in place.
  fs::copy_file(path("vae/model.safetensors"), path("alone.safetensors"));
  ok({"prior", "alone.safetensors", "--method", "vamp", "--components", "5"});
  EXPECT_EQ(samples_of("alone.safetensors"), samples_of("new"));
}

TEST_F(PriorTool, ArchivesFromBeforeStillComeBack) {
  ok({"compress", "vae", "--lossy", "-o", "a.lac"});
  ok({"decompress", "vae", "a.lac", "-o", "before.npy"});
  ok({"prior", "vae", "--method", "vamp", "--components", "5"});
  ok({"decompress", "vae", "a.lac", "-o", "after.npy"});
  EXPECT_EQ(read("before.npy"), read("after.npy"));
}

TEST_F(PriorTool, APlainAutoencoderIsGivenOneToo) {
  ok({"train", "bars", "--model", "ae", "--hidden", "8", "--arch", "mlp", "--latent-dim", "3", "--epochs", "1", "--out",
      "plain", "--threads", "1"});
  const std::string samples = samples_of("plain");
  ok({"prior", "plain", "--updates", "20", "--hidden", "8"});
  EXPECT_NE(samples_of("plain"), samples);
}

TEST_F(PriorTool, CtrlCLeavesTheRunAsItWas) {
  const std::string before = read("vae/model.safetensors");
  const pid_t process = start({"prior", "vae", "--updates", "10000000", "--threads", "1"}, path("err"));
  // Noticed once it computes: the lock of the run is there.
  EXPECT_TRUE(waits_for([&] { return fs::exists(path("vae/.latent-lock")); }));
  kill(process, SIGINT);
  EXPECT_EQ(wait(process), 130);
  EXPECT_EQ(read("vae/model.safetensors"), before);
  EXPECT_FALSE(fs::exists(path("vae/.latent-lock")));
  EXPECT_THAT(read("err"), HasSubstr("the run is as it was"));
}

TEST_F(PriorTool, WhatDoesNotFitIsRefusedInOneLine) {
  fails(2, {"prior", "vae", "--method", "flwo"}, "did you mean 'flow'");
  fails(2, {"prior", "vae", "--method", "vamp", "--steps", "3"}, "--steps belongs to --method flow");
  fails(2, {"prior", "vae", "--components", "3"}, "--components belongs to");
  fails(2, {"prior", "vae", "--method", "vamp", "--components", "5000"}, "--components 5000: there are only");
  ok({"train", "bars", "--preset", "mlp", "--hidden", "8", "--epochs", "1", "--out", "judge", "--threads", "1"});
  fails(2, {"prior", "judge"}, "only autoencoders and VAEs");
}

}  // namespace
}  // namespace latent::test

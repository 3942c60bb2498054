// What train says of a network's size before it begins, and what it chooses where nobody asked.

#include "tool.hpp"

#include <gmock/gmock.h>

#include <latent/core/rng.hpp>
#include <latent/formats/npy.hpp>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class NetworkSizeTool : public ToolTest {
 protected:
  // A few images (count, C, side, side) in [0, 1].
  void write_images(const std::string& name, int64_t count, int64_t C, int64_t H, int64_t W) const {
    Tensor x = Tensor::empty({count, C, H, W});
    Rng(5).uniform(x.span<float>());
    write_npy(path(name), x);
  }
};

TEST_F(NetworkSizeTool, LargeImagesGetMoreLevelsAndItIsSaid) {
  write_images("large.npy", 6, 3, 256, 256);
  const ToolResult result = run({"train", "large.npy", "--out", "run", "--epochs", "1", "--batch", "2", "--threads",
                                 "1", "--json", "--validation", "0"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("channels 32,64,128,256,256 in place of 32,64"));
  EXPECT_THAT(result.err, HasSubstr("million weights, about"));
  const auto report = nlohmann::json::parse(result.out);
  EXPECT_LT(report.at("parameters").get<double>(), 20e6);
  EXPECT_LT(report.at("estimated_memory").get<double>(), 2e9);
  // The size stands before the first epoch, and the run knows its network.
  EXPECT_LT(result.err.find("million weights"), result.err.find("epoch 1/1"));
  EXPECT_EQ(json({"info", "run"}).at("config").at("network").at("channels"), nlohmann::json({32, 64, 128, 256, 256}));
}

TEST_F(NetworkSizeTool, WhatWasAskedForIsKeptAndItsSizeSaidFirst) {
  write_images("large.npy", 2, 1, 128, 128);
  // 64 channels of 128 x 128 into 11: 23 million weights in two layers.
  const ToolResult asked = run({"train",    "large.npy", "--arch",    "conv", "--channels",   "64",  "--stride", "1",
                                "--kernel", "3",         "--hidden",  "11",   "--out",        "run", "--epochs", "1",
                                "--batch",  "1",         "--threads", "1",    "--validation", "0"});
  ASSERT_EQ(asked.status, 0) << asked.err;
  EXPECT_THAT(asked.err, HasSubstr("warning: this is a large network: 23"));
  EXPECT_EQ(json({"info", "run"}).at("config").at("network").at("channels"), nlohmann::json({64}));
}

TEST_F(NetworkSizeTool, SmallOnesAreAsTheyWere) {
  write_images("small.npy", 8, 1, 8, 8);
  const ToolResult result =
      run({"train", "small.npy", "--arch", "conv", "--out", "run", "--epochs", "1", "--threads", "1"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("in place of")));
  EXPECT_THAT(result.err, Not(HasSubstr("large network")));
  EXPECT_EQ(json({"info", "run"}).at("config").at("network").at("channels"), nlohmann::json({32, 64}));
}

TEST_F(NetworkSizeTool, PhotographsOfAnySizeTrainAndComeBack) {
  const std::vector<std::pair<int64_t, int64_t>> sizes = {{1, 1}, {8, 8}, {17, 23}, {70, 40}};
  for (const auto& [H, W] : sizes) {
    for (const std::string preset : {"vae-photo", "vae-conv", "dae-conv"}) {
      SCOPED_TRACE(preset + " " + std::to_string(H) + "x" + std::to_string(W));
      write_images("x.npy", 5, 3, H, W);
      const std::string out = preset + std::to_string(H);
      ok({"train", "x.npy", "--preset", preset, "--latent-dim", "3", "--channels", "4,8", "--epochs", "1", "--threads",
          "1", "--out", out, "--batch", "8"});
      ok({"reconstruct", out, "x.npy", "--split", "all", "-o", "r.npz"});
      EXPECT_EQ(npz("r.npz", "x_hat").shape(), Shape({5, 3, H, W}));
      if (preset != "dae-conv") continue;
      ok({"denoise", out, "x.npy", "--split", "all", "-o", "c.npy"});
      EXPECT_EQ(npy("c.npy").shape(), Shape({5, 3, H, W}));
    }
  }
}

TEST_F(NetworkSizeTool, TheNetworkForPhotographsTakesOnlyItsOwnOptions) {
  write_images("x.npy", 5, 1, 8, 8);
  fails(2, {"train", "x.npy", "--preset", "vae-photo", "--hidden", "8", "--out", "run"}, "it takes --channels");
  write_table("t.csv", 20);
  fails(2, {"train", "t.csv", "--label-column", "kind", "--preset", "vae-photo", "--out", "run"},
        "convolutions need images");
}

}  // namespace
}  // namespace latent::test

// Sounds from the explorer: each sample, each reconstruction and each decoded code can be heard.

#include <server/explorer.hpp>

#include <latent/formats/memory_files.hpp>
#include <latent/formats/npy.hpp>
#include <latent/formats/sound.hpp>
#include <latent/run/run.hpp>
#include <latent/run/training/train.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace latent::test {
namespace {

constexpr int64_t kSoundRate = 8000, kSoundLength = 1024;

// Plucked tones of twelve pitches.
void write_tones(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (int i = 0; i < 12; ++i) {
    Tensor x = Tensor::empty({1, kSoundLength});
    for (int64_t t = 0; t < kSoundLength; ++t) {
      const auto time = static_cast<float>(t);
      x.data<float>()[t] = 0.5f * std::exp(-time / 400.0f) * std::sin(time * (0.2f + 0.05f * static_cast<float>(i)));
    }
    write_wav(folder / ("tone" + std::to_string(i) + ".wav"), x, kSoundRate);
  }
}

TEST(SoundRoutes, WhatIsShownCanBeHeard) {
  const TemporaryFolder folder;
  write_tones(folder / "tones");
  TrainOptions options;
  options.preset = "vae-audio";
  options.channels = {8, 8};
  options.hidden = {16};
  options.latent_dim = 2;
  options.epochs = 1;
  train(open((folder / "tones").string()), options, {.out = folder / "run"});
  latent::Run run = load_run(folder / "run");
  RunSource source(run, "");
  RunData data = source.part("all");
  server::Explorer explorer{server::ExplorerOptions{}};
  explorer.show(
      std::make_unique<server::Session>(std::move(run), std::move(source), std::move(data), CodeCacheOptions{}));
  const auto ask = [&](const std::string& method, const std::string& path, const std::string& body = {}) {
    server::Request request;
    request.method = method;
    request.path = "/api/v1/" + path.substr(0, path.find('?'));
    if (path.find('?') != std::string::npos) request.query = {{"as", "wav"}};
    request.body = body;
    return explorer.answer(std::move(request));
  };
  const auto sound = [&](const server::Response& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.type, "audio/wav");
    return read_sound(std::as_bytes(std::span(response.body.data(), response.body.size())), "the answer");
  };

  EXPECT_EQ(nlohmann::json::parse(ask("GET", "info").body).at("look").at("sound").at("rate"), kSoundRate);
  const Sound original = sound(ask("GET", "samples/3.wav")), again = sound(ask("GET", "samples/3/reconstruction.wav"));
  EXPECT_EQ(original.rate, kSoundRate);
  EXPECT_EQ(original.samples.dim(0), 1);
  EXPECT_EQ(again.samples.shape(), original.samples.shape());
  const Sound two = sound(ask("POST", "decode?as=wav", R"({"codes": [[0, 0], [1, 1]]})"));
  EXPECT_EQ(two.samples.dim(1), 2 * original.samples.dim(1));
  EXPECT_EQ(ask("GET", "samples/12.wav").status, 404);
}

}  // namespace
}  // namespace latent::test

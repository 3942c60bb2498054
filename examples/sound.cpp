// Trains on tones that it writes itself, and makes a sound that lies between two of them. Prints:
//   24 sounds of (1, 64, 32) at 8000 Hz
//   between.wav: 1 sound of 0.51 s
#include <latent/data/dataset.hpp>
#include <latent/formats/sound.hpp>
#include <latent/run/run_data.hpp>
#include <latent/run/sounds/sounds.hpp>
#include <latent/run/training/train.hpp>

#include <fmt/core.h>

#include <cmath>
#include <filesystem>
#include <numbers>

namespace {

constexpr int64_t kRate = 8000;

latent::Tensor tone(double hertz) {
  latent::Tensor x = latent::Tensor::empty({1, kRate / 2});
  for (int64_t t = 0; t < x.numel(); ++t) {
    const double seconds = static_cast<double>(t) / kRate;
    x.data<float>()[t] =
        static_cast<float>(0.5 * std::exp(-5 * seconds) * std::sin(2 * std::numbers::pi * hertz * seconds));
  }
  return x;
}

}  // namespace

int main() {
  using namespace latent;
  const std::filesystem::path folder = "example_tones";
  std::filesystem::create_directories(folder);
  for (int i = 0; i < 24; ++i) write_wav(folder / fmt::format("{:02}.wav", i), tone(200.0 + 50.0 * i), kRate);

  const data::Source source = data::open(folder.string());
  const Run run =
      train(source, {.preset = "vae-audio", .hidden = {32}, .channels = {8, 16, 16}, .latent_dim = 4, .epochs = 3});
  fmt::print("{} sounds of {} at {} Hz\n", source.train->size(), source.train->sample_shape().str(), sound_rate(run));

  const Tensor codes = run.encode(*source.train);  // (24, 4)
  Tensor middle = Tensor::empty({1, codes.dim(1)});
  for (int64_t d = 0; d < codes.dim(1); ++d) {
    middle.data<float>()[d] = 0.5F * (codes.data<float>()[d] + codes.data<float>()[23 * codes.dim(1) + d]);
  }
  write_sound_file("between.wav", to_waves(run, run.decode(middle)), sound_rate(run));
  fmt::print("between.wav: 1 sound of {:.2f} s\n", sound_seconds(run));
}

// Trains an autoencoder to clean pictures, and measures how much cleaner they are: the whole job, without the command
// line. Prints (last digits may differ on another processor):
//   noisy    11.0 dB
//   cleaned  18.4 dB
#include <latent/data/corrupt.hpp>
#include <latent/data/image_quality.hpp>
#include <latent/models/denoise.hpp>
#include <latent/models/vae.hpp>
#include <latent/training/trainer.hpp>

#include <fmt/core.h>

#include <numeric>

namespace {
double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}
}  // namespace

int main() {
  using namespace latent;
  const data::Source source = data::open("shapes:1200", {.size = {}, .held_out = 0.1});
  const auto train = data::select(source, data::Split::train, 0.1, 0);
  const auto clean = data::select(source, data::Split::validation, 0.1, 0);

  Rng rng(0);
  Vae model({.data_shape = {1, 64, 64}, .posterior = slots::Point{}}, rng);

  TrainingOptions options;
  options.epochs = 10;
  options.corruption = data::Corruption::from_text("gaussian:0.4");  // what the encoder sees; targets stay clean
  Trainer trainer(model, train, nullptr, "", options, std::nullopt, {});
  TrainingObserver quiet;
  trainer.run(quiet, std::atomic<bool>(false));

  const Tensor x = clean->range(0, clean->size());
  const Tensor noisy = data::corrupted(clean, options.corruption, /*seed=*/1)->range(0, clean->size());
  fmt::print("noisy    {:.1f} dB\n", mean(data::psnr(noisy, x)));
  fmt::print("cleaned  {:.1f} dB\n", mean(data::psnr(denoise(model, noisy), x)));
}

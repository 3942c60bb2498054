// Trains a VAE on the generated set `shapes` and saves it: the whole job, without the command line.
// Prints (last digits may differ on another processor):
//   epoch 1: elbo -2034
//   epoch 2: elbo -1038
//   epoch 3: elbo -804
//   saved shapes.safetensors
#include <latent/models/model_file.hpp>
#include <latent/models/vae.hpp>
#include <latent/training/trainer.hpp>

#include <fmt/core.h>

namespace {
struct PrintEpochs : latent::TrainingObserver {
  void on_epoch(const latent::EpochReport& report) override {
    fmt::print("epoch {}: elbo {:.0f}\n", report.epoch, report.train.at("elbo"));
  }
};
}  // namespace

int main(int argc, char** argv) {
  using namespace latent;
  const data::Source source = data::open("shapes:1000");

  Rng rng(0);
  Vae vae({.data_shape = {1, 64, 64}, .latent_dim = 2}, rng);

  TrainingOptions options;
  options.epochs = 3;
  Trainer trainer(vae, source.train, nullptr, "", options, std::nullopt, {});
  PrintEpochs print;
  trainer.run(print, std::atomic<bool>(false));

  const std::filesystem::path path = argc > 1 ? argv[1] : "shapes.safetensors";
  save_model(path, vae, {});
  fmt::print("saved {}\n", path.string());
}

#include <latent/core/choice.hpp>
#include <latent/models/registry.hpp>

#include <algorithm>

namespace latent {

namespace {

constexpr auto kPresets = std::to_array<Preset>({
    {"vae-mlp", "the classic VAE: one hidden layer of 400, 20 latent dimensions, Bernoulli likelihood",
     R"({"model": "vae", "latent_dim": 20,
         "network": {"name": "mlp", "hidden": [400], "activation": "relu", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "elbo", "beta": 1.0}})",
     R"({"epochs": 10, "batch": 128, "lr": 0.001})"},
    {"vae-mlp-deep", "two hidden layers of 400 on each side, Gaussian likelihood of scale 1 (squared error)",
     R"({"model": "vae", "latent_dim": 20,
         "network": {"name": "mlp", "hidden": [400, 400], "activation": "relu", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
         "likelihood": {"name": "gaussian", "scale": 1.0}, "objective": {"name": "elbo", "beta": 1.0}})",
     R"({"epochs": 5, "batch": 64, "lr": 0.001})"},
    {"vae-conv", "convolutions of 32 and 64 channels (4x4, stride 2), 256 hidden, Bernoulli likelihood; for images",
     R"({"model": "vae", "latent_dim": 20,
         "network": {"name": "conv", "channels": [32, 64], "kernel": 4, "stride": 2, "hidden": [256],
                     "activation": "relu", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "elbo", "beta": 1.0}})",
     R"({"epochs": 10, "batch": 128, "lr": 0.001})"},
    {"vae-lossless", "for latent compress: vae-conv with a mixture for each 8-bit value that sees the pixels before it",
     R"({"model": "vae", "latent_dim": 16,
         "network": {"name": "conv", "channels": [32, 64], "kernel": 4, "stride": 2, "hidden": [256],
                     "activation": "relu", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
         "likelihood": {"name": "causal-mixture", "components": 10, "features": 8, "hidden": 48, "layers": 3, "reach": 3},
         "objective": {"name": "elbo", "beta": 1.0, "kl_warmup_epochs": 2}})",
     R"({"epochs": 12, "batch": 64, "lr": 0.002, "schedule": "cosine"})"},
    {"ae-mlp", "vae-mlp without sampling and KL: a plain autoencoder",
     R"({"model": "ae", "latent_dim": 20,
         "network": {"name": "mlp", "hidden": [400], "activation": "relu", "normalization": "none"},
         "posterior": {"name": "none"}, "prior": {"name": "fitted-gaussian"},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "elbo"}})",
     R"({"epochs": 10, "batch": 128, "lr": 0.001})"},
    {"ae-conv", "vae-conv without sampling and KL: a plain autoencoder for images",
     R"({"model": "ae", "latent_dim": 20,
         "network": {"name": "conv", "channels": [32, 64], "kernel": 4, "stride": 2, "hidden": [256],
                     "activation": "relu", "normalization": "none"},
         "posterior": {"name": "none"}, "prior": {"name": "fitted-gaussian"},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "elbo"}})",
     R"({"epochs": 10, "batch": 128, "lr": 0.001})"},
    {"dae-conv",
     "a denoising autoencoder: codes of 128 for noisy images, and a U-Net with skip connections to clean them",
     R"({"model": "ae", "latent_dim": 128,
         "network": {"name": "conv", "channels": [64, 128], "kernel": 4, "stride": 2, "hidden": [512],
                     "activation": "relu", "normalization": "none"},
         "posterior": {"name": "none"}, "prior": {"name": "fitted-gaussian"},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "elbo"},
         "denoiser": {"name": "unet", "channels": [32, 64, 128], "blocks": 1}})",
     R"({"epochs": 8, "batch": 128, "lr": 0.001, "schedule": "cosine", "corrupt": "gaussian:0.5"})", 2000},
    {"vae-photo",
     "for photographs and faces: residual convolutions over principal components, codes of 128, learned scale",
     R"({"model": "vae", "latent_dim": 128,
         "network": {"name": "resnet", "blocks": 1, "linear": true},
         "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
         "likelihood": {"name": "gaussian", "scale": "learned"}, "objective": {"name": "elbo", "beta": 1.0}})",
     R"({"epochs": 20, "batch": 64, "lr": 0.0005, "schedule": "cosine", "augment": "auto"})", 2000},
    {"vae-table", "for tables: a likelihood of its own for each column (Gaussian, heavy-tailed, binary, constant)",
     R"({"model": "vae", "latent_dim": 8,
         "network": {"name": "mlp", "hidden": [64, 64], "activation": "silu", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
         "likelihood": {"name": "table"}, "objective": {"name": "elbo", "beta": 1.0}})",
     R"({"epochs": 10, "batch": 128, "lr": 0.002, "schedule": "cosine"})", 3000},
    {"iwae-mlp",
     "the importance-weighted autoencoder of Burda et al.: 2 x 200 tanh, codes of 50, 5 samples of the code",
     R"({"model": "vae", "latent_dim": 50,
         "network": {"name": "mlp", "hidden": [200, 200], "activation": "tanh", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "iwae", "num_samples": 5}})",
     R"({"epochs": 20, "batch": 20, "lr": 0.001, "schedule": "cosine"})"},
    {"dreg-mlp", "iwae-mlp with doubly reparameterised gradients, whose noise does not grow with the samples",
     R"({"model": "vae", "latent_dim": 50,
         "network": {"name": "mlp", "hidden": [200, 200], "activation": "tanh", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "dreg", "num_samples": 5}})",
     R"({"epochs": 20, "batch": 20, "lr": 0.001, "schedule": "cosine"})"},
    {"tcvae-conv", "for single factors in single dimensions: convolutions, codes of 10, weight on total correlation",
     R"({"model": "vae", "latent_dim": 10,
         "network": {"name": "conv", "channels": [32, 32, 64, 64], "kernel": 4, "stride": 2, "hidden": [256],
                     "activation": "relu", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "tc", "beta": 6.0}})",
     R"({"epochs": 30, "batch": 256, "lr": 0.001})"},
    {"infovae-conv", "vae-conv whose codes are drawn to the prior all together (MMD), not one by one",
     R"({"model": "vae", "latent_dim": 20,
         "network": {"name": "conv", "channels": [32, 64], "kernel": 4, "stride": 2, "hidden": [256],
                     "activation": "relu", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "mmd", "alpha": 1.0, "lambda": 1000.0}})",
     R"({"epochs": 10, "batch": 128, "lr": 0.001})"},
    {"vae-mixture", "a VAE of 2 x 300 whose prior is a mixture of 100 Gaussians, learned with it",
     R"({"model": "vae", "latent_dim": 40,
         "network": {"name": "mlp", "hidden": [300, 300], "activation": "relu", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "mixture", "components": 100},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "elbo", "kl_warmup_epochs": 5}})",
     R"({"epochs": 20, "batch": 100, "lr": 0.0005})"},
    {"vae-vamp", "the same with a prior made of the posteriors of 500 learned pseudo-inputs (VampPrior)",
     R"({"model": "vae", "latent_dim": 40,
         "network": {"name": "mlp", "hidden": [300, 300], "activation": "relu", "normalization": "none"},
         "posterior": {"name": "gaussian"}, "prior": {"name": "vamp", "components": 500},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "elbo", "kl_warmup_epochs": 5}})",
     R"({"epochs": 20, "batch": 100, "lr": 0.0005})"},
    {"vqvae-conv", "ae-conv with codes of whole numbers: 4 entries of codebooks of 256, 32 bits a sample",
     R"({"model": "ae", "latent_dim": 32,
         "network": {"name": "conv", "channels": [32, 64], "kernel": 4, "stride": 2, "hidden": [256],
                     "activation": "relu", "normalization": "none"},
         "posterior": {"name": "vq", "entries": 256}, "prior": {"name": "fitted-gaussian"},
         "likelihood": {"name": "bernoulli"}, "objective": {"name": "elbo"}})",
     R"({"epochs": 10, "batch": 128, "lr": 0.001})"},
});

}  // namespace

std::span<const Preset> presets() { return kPresets; }

const Preset& preset(std::string_view name) {
  const auto found = std::find_if(kPresets.begin(), kPresets.end(), [&](const Preset& p) { return p.name == name; });
  if (found != kPresets.end()) return *found;
  std::vector<std::string_view> names;
  names.reserve(kPresets.size());
  for (const Preset& p : kPresets) names.push_back(p.name);
  unknown_name("preset", printable(name), names);
}

}  // namespace latent

// Teaches a flow where the codes of a trained VAE lie, and draws new ones from it; the decoder stays. Prints, for the
// prior and for the flow, how many new codes lie among those of the data, and how many of those lie among the new ones.
#include <latent/data/dataset.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/samplers/fit_sampler.hpp>
#include <latent/run/training/train.hpp>
#include <latent/space/neighbors/precision_recall.hpp>

#include <fmt/core.h>

namespace {
void print_quality(const char* name, const latent::LatentModel& model, const latent::Tensor& codes) {
  latent::Rng rng(1);
  const auto [precision, recall] = latent::space::precision_recall(codes, model.sample_prior(codes.dim(0), rng));
  fmt::print("{:<7}precision {:.1f}%, recall {:.1f}%\n", name, 100.0 * precision, 100.0 * recall);
}
}  // namespace

int main() {
  using namespace latent;
  const data::Source source = data::open("shapes:1000");
  const Run run = train(source, {.preset = "vae-mlp", .hidden = {64}, .latent_dim = 4, .epochs = 3});
  const Tensor codes = encode_samples(*run.model, *source.train, Draw::sample, 0).z;  // (N, D) of q(z|x)
  print_quality("prior:", *run.model, codes);

  const FittedSampler fitted = fit_sampler(run, source.train.get(), {.method = "flow", .updates = 1500, .hidden = 64});
  print_quality("flow:", *fitted.model, codes);
  // write_fitted(fitted, "run") would put it into a run directory, where every tool draws from it.
}

// Finds the rows of a table that break its rule: a VAE learns normal rows, and new ones are scored beside them.
// Prints (last digits may differ on another processor):
//   usual row: score -0.9, p-value 0.990
//   odd row: score 7.9, p-value 0.005
#include <latent/core/rng.hpp>
#include <latent/data/data_facts.hpp>
#include <latent/models/vae.hpp>
#include <latent/space/anomalies/anomaly.hpp>
#include <latent/training/sample_terms.hpp>
#include <latent/training/trainer.hpp>

#include <fmt/core.h>

using namespace latent;

namespace {

// Rows (a, b, c) with b = 2 a and c = -a, up to noise.
std::shared_ptr<const data::Dataset> rows(int64_t n, uint64_t seed) {
  Tensor x = Tensor::empty({n, 3}), noise = Tensor::empty({n, 3});
  Rng rng(seed);
  rng.normal(noise.span<float>());
  for (int64_t i = 0; i < n; ++i) {
    const float* eps = noise.data<float>() + 3 * i;
    float* row = x.data<float>() + 3 * i;
    row[0] = eps[0];
    row[1] = 2.0F * eps[0] + 0.1F * eps[1];
    row[2] = -eps[0] + 0.1F * eps[2];
  }
  return data::from_tensor(x, data::Kind::array, {});
}

// What the model says of samples, as the scorer takes it.
space::AnomalyFeatures features(const LatentModel& model, const data::Dataset& samples) {
  SampleTerms terms = sample_terms(model, samples, 0, samples.size());
  return {terms.x, terms.codes, terms.x_hat, {{"neg_elbo", std::move(terms.neg_elbo)}}};
}

struct Quiet : TrainingObserver {};

}  // namespace

int main() {
  const auto training = rows(1000, 1), held_out = rows(200, 2);
  Rng rng(0);
  Vae model({.data_shape = {3},
             .latent_dim = 8,
             .network = slots::Mlp{.hidden = {64, 64}, .activation = "silu"},
             .likelihood = slots::TableColumns{}},
            rng, data::facts_of(training).get());
  TrainingOptions options;
  options.epochs = 60;
  options.optimizer.lr = 0.002;
  Quiet quiet;
  Trainer(model, training, nullptr, "", options, std::nullopt, {}).run(quiet, std::atomic<bool>(false));

  const space::AnomalyScorer scorer(features(model, *training), features(model, *held_out));
  // The second row has usual values in every column, but not together.
  const auto found =
      data::from_tensor(Tensor::from<float>({0.5F, 1.0F, -0.5F, 0.5F, -1.0F, -0.5F}, {2, 3}), data::Kind::array, {});
  const space::AnomalyScores scores = scorer.score(features(model, *found));
  fmt::print("usual row: score {:.1f}, p-value {:.3f}\n", scores.score[0], scores.p_value[0]);
  fmt::print("odd row: score {:.1f}, p-value {:.3f}\n", scores.score[1], scores.p_value[1]);
}

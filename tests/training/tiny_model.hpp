#pragma once
// A linear VAE of a few weights, with handles to disturb it; and what tests of training share.

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/core/rng.hpp>
#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/nn/layers.hpp>
#include <latent/training/trainer.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace latent::test {

constexpr int64_t kValues = 12, kCodes = 3;

class TinyVae : public LatentModel {
 public:
  explicit TinyVae(uint64_t seed = 1, bool unit_interval = true)
      : rng_(seed),
        encoder_({.in = kValues, .out = 2 * kCodes}, rng_),
        decoder_({.in = kCodes, .out = kValues}, rng_),
        unit_interval_(unit_interval) {
    add_child("encoder", encoder_);
    add_child("decoder", decoder_);
    seen_ = add_buffer("seen", Tensor::zeros({1}));
  }

  std::string kind() const override { return "tiny"; }
  Shape data_shape() const override { return {kValues}; }
  int64_t latent_dim() const override { return kCodes; }
  bool has_likelihood() const override { return true; }
  bool needs_unit_interval() const override { return unit_interval_; }
  Values values() const override { return Values::bits; }

  std::unique_ptr<Distribution> encode(const Tensor& x) const override {
    const Tensor stats = encoder_.forward(x, nn::Mode::eval);
    return std::make_unique<DiagonalGaussian>(columns(stats, 0, kCodes), columns(stats, kCodes, 2 * kCodes));
  }
  std::unique_ptr<Distribution> decode(const Tensor& z) const override {
    return std::make_unique<Bernoulli>(decoder_.forward(z, nn::Mode::eval));
  }
  Tensor importance_weighted_bound(const Tensor& x, int64_t num_samples, Rng& rng) const override {
    // A number that tells samples, K and draws apart is enough here.
    Tensor bound = sum_per_sample(x).detach();
    for (float& value : bound.span<float>())
      value -= static_cast<float>(num_samples) + static_cast<float>(rng.uniform());
    return bound;
  }

  LossTerms loss(const Batch& batch, const StepContext& context) const override {
    Tensor eps = Tensor::empty({batch.size(), kCodes});
    context.rng.normal(eps.span<float>());
    const Tensor& input = batch.input.defined() ? batch.input : batch.x;
    const auto [z, kl_each] = gaussian_sample(encoder_.forward(input, context.mode), eps);
    const Tensor nll = bernoulli_nll(decoder_.forward(z, context.mode), batch.x);
    const Tensor kl = sum_last(kl_each);
    Tensor loss = nll + kl;
    if (context.mode == nn::Mode::train) {
      // Statistics that training keeps: they must be restored like weights.
      Tensor seen = seen_;
      seen.data<float>()[0] += static_cast<float>(batch.size());
      if (disturb) loss = disturb(loss, context.epoch);
    } else if (!scripted_losses.empty()) {
      const size_t at = std::min(evaluations_++, scripted_losses.size() - 1);
      loss = Tensor::full({batch.size()}, scripted_losses[at]);
    }
    return {loss, {{"reconstruction", nll.detach()}, {"kl", kl.detach()}}, mean_first(kl_each).detach()};
  }
  Json config() const override { return nlohmann::json{{"model", "tiny"}, {"unit_interval", unit_interval_}}; }

  /// The weight that a loss can be tied to.
  const Tensor& weight() const { return decoder_.weight; }

  /// Called with the training loss (N) and the epoch; returns what is trained on in its place.
  std::function<Tensor(const Tensor&, double)> disturb;
  /// What held-out evaluations say, one after the other (sets of a single batch).
  std::vector<double> scripted_losses;

 private:
  Rng rng_;
  nn::Linear encoder_, decoder_;
  Tensor seen_;
  bool unit_interval_;
  mutable size_t evaluations_ = 0;
};

inline Tensor random_samples(int64_t n, uint64_t seed, int64_t values = kValues) {
  Tensor x = Tensor::empty({n, values});
  Rng(seed).uniform(x.span<float>());
  return x;
}
inline std::shared_ptr<const data::Dataset> random_set(int64_t n, uint64_t seed) {
  return data::from_tensor(random_samples(n, seed), data::Kind::array, {});
}

/// A folder that is gone when the test ends.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "latent-training-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Remembers what it is told, and stops training where the test wants.
class Recorder : public TrainingObserver {
 public:
  void on_batch(int64_t epoch, int64_t done, int64_t total, double, const Metrics& so_far) override {
    batches.push_back({epoch, done, total});
    last_metrics = so_far;
    if (++steps == stop_after_steps) stop = true;
  }
  void on_epoch(const EpochReport& report) override {
    epochs.push_back(report);
    if (after_epoch) after_epoch(report);
    if (report.epoch == stop_after_epoch) stop = true;
  }
  void on_diagnosis(const Diagnosis& diagnosis) override { diagnoses.push_back(diagnosis); }

  struct BatchSeen {
    int64_t epoch, done, total;
    friend bool operator==(const BatchSeen&, const BatchSeen&) = default;
  };
  std::vector<BatchSeen> batches;
  Metrics last_metrics;
  std::vector<EpochReport> epochs;
  std::vector<Diagnosis> diagnoses;
  std::function<void(const EpochReport&)> after_epoch;
  int64_t steps = 0, stop_after_steps = -1, stop_after_epoch = -1;
  std::atomic<bool> stop{false};
};

/// All elements of a model's parameters and buffers.
inline std::vector<std::vector<double>> values_of(const nn::Module& model) {
  std::vector<std::vector<double>> values;
  for (const auto& [name, tensor] : model.state()) values.push_back(tensor.to_vector());
  return values;
}

inline std::vector<nlohmann::json> lines_of(const std::filesystem::path& path) {
  std::vector<nlohmann::json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace latent::test

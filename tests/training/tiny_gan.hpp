#pragma once
// A GAN of a few weights: two phases, each with an optimizer, a rate and a number of steps of its own.

#include "tiny_model.hpp"

namespace latent::test {

class TinyGan : public LatentModel {
 public:
  struct Options {
    int64_t critic_steps, generator_steps;
  };
  explicit TinyGan(const Options& options = {3, 1}, uint64_t seed = 1)
      : options_(options),
        rng_(seed),
        generator_({.in = kCodes, .out = kValues, .activation = Activation::sigmoid}, rng_),
        hidden_({.in = kValues, .out = 8, .activation = Activation::leaky_relu}, rng_),
        score_({.in = 8, .out = 1}, rng_) {
    add_child("generator", generator_);
    add_child("critic", critic_);
    critic_.add(hidden_, score_);
  }

  std::string kind() const override { return "gan"; }
  Shape data_shape() const override { return {kValues}; }
  int64_t latent_dim() const override { return kCodes; }
  bool has_encoder() const override { return false; }
  std::unique_ptr<Distribution> decode(const Tensor& z) const override {
    return std::make_unique<PointMass>(generator_.forward(z, nn::Mode::eval));
  }
  Tensor sample_prior(int64_t n, Rng& rng) const override { return codes(n, rng); }

  LossTerms loss(const Batch& batch, const StepContext& context) const override { return critic_loss(batch, context); }
  std::vector<Phase> phases() override {
    const auto prefixed = [&](const std::string& prefix, const nn::Module& part) {
      std::vector<nn::NamedTensor> parameters = part.parameters();
      for (auto& parameter : parameters) parameter.name = prefix + parameter.name;
      return parameters;
    };
    Phase critic{"critic", prefixed("critic.", critic_),
                 [this](const Batch& b, const StepContext& c) { return counted(critic_calls, critic_loss(b, c)); }};
    critic.steps = options_.critic_steps;
    critic.update = [](UpdateOptions run) {
      run.optimizer.beta1 = 0.0;
      run.optimizer.lr *= 4.0;
      run.schedule.name = "cosine";
      return run;
    };
    Phase generator{"generator", prefixed("generator.", generator_), [this](const Batch& b, const StepContext& c) {
                      return counted(generator_calls, generator_loss(b, c));
                    }};
    generator.steps = options_.generator_steps;
    generator.update = [](UpdateOptions run) {
      run.optimizer.name = "sgd";
      run.clip_norm = 0.5;
      return run;
    };
    return {critic, generator};
  }
  Json config() const override {
    return nlohmann::json{{"model", "gan"}, {"steps", {options_.critic_steps, options_.generator_steps}}};
  }

  mutable int64_t critic_calls = 0, generator_calls = 0;

 private:
  struct Critic : nn::Module {
    void add(nn::Module& hidden, nn::Module& score) {
      add_child("hidden", hidden);
      add_child("score", score);
    }
  };
  static LossTerms counted(int64_t& count, LossTerms terms) {
    ++count;
    return terms;
  }
  static Tensor codes(int64_t n, Rng& rng) {
    Tensor z = Tensor::empty({n, kCodes});
    rng.normal(z.span<float>());
    return z;
  }
  Tensor logits(const Tensor& x, nn::Mode mode) const {
    return reshape(score_.forward(hidden_.forward(x, mode), mode), {x.dim(0)});
  }
  // The non-saturating losses of Goodfellow et al. 2014, arXiv:1406.2661.
  LossTerms critic_loss(const Batch& batch, const StepContext& c) const {
    const Tensor fake = generator_.forward(codes(batch.size(), c.rng), c.mode).detach();
    return {softplus(neg(logits(batch.x, c.mode))) + softplus(logits(fake, c.mode)), {}, {}};
  }
  LossTerms generator_loss(const Batch& batch, const StepContext& c) const {
    const Tensor fake = generator_.forward(codes(batch.size(), c.rng), c.mode);
    return {softplus(neg(logits(fake, c.mode))), {}, {}};
  }

  Options options_;
  Rng rng_;
  nn::Linear generator_, hidden_, score_;
  Critic critic_;
};

}  // namespace latent::test

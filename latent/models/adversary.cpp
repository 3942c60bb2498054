#include <latent/models/adversary.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <numeric>

namespace latent {

AdversaryOptions AdversaryOptions::from(const Json& config) {
  const JsonFields fields("critic", *config, {"loss", "weight", "feature_weight"});
  AdversaryOptions options;
  const nlohmann::json usual = {{"name", "relativistic"}};
  const nlohmann::json* loss = fields.find("loss");
  options.game = AdversarialOptions::from(loss != nullptr ? *loss : usual);
  options.weight = fields.number("weight", options.weight, 0.0, 1e6);
  options.feature_weight = fields.number("feature_weight", options.feature_weight, 0.0, 1e6);
  return options;
}

Json AdversaryOptions::config() const {
  return nlohmann::json{{"loss", *game.config()}, {"weight", weight}, {"feature_weight", feature_weight}};
}

Json Adversary::config() const { return options_.config(); }

Tensor Adversary::judged(const Tensor& x_hat, const Tensor& x_new) {
  const int64_t N = x_hat.dim(0), D = x_hat.numel() / N;
  if (N < 2) return x_hat;
  std::vector<int64_t> first(static_cast<size_t>(N / 2)), others(static_cast<size_t>(N - N / 2));
  std::iota(first.begin(), first.end(), 0);
  std::iota(others.begin(), others.end(), N / 2);
  // Rows stand one after the other: as columns of one long row.
  const Tensor a = reshape(gather_rows(reshape(x_hat, {N, D}), first), {1, N / 2 * D});
  const Tensor b = reshape(gather_rows(reshape(x_new, {N, D}), others), {1, (N - N / 2) * D});
  return reshape(concat_columns({a, b}), x_hat.shape());
}

LossTerms Adversary::decoder_loss(const Tensor& x, const Tensor& x_hat, const Tensor& x_new) const {
  const int64_t N = x.dim(0);
  Tensor of_x, real;
  {
    const NoGrad no_grad;
    of_x = features(x);
    real = scores_of(of_x);
  }
  const Tensor fake = judged(x_hat, x_new);
  const Tensor adversarial = generator_loss(real, scores(fake), options_.game.loss);
  // Layers hand on bf16 where they compute in it; the sum of squares takes f32.
  const Tensor apart = cast(features(x_hat), x.dtype()) - cast(of_x, x.dtype());
  const Tensor similarity = affine(sum_last(square(apart)), 0.5);
  Tensor spread = Tensor::empty({N});
  const auto ratio = static_cast<float>(spread_of(x_new.detach(), x));
  for (float& value : spread.span<float>()) value = ratio;
  LossTerms terms;
  terms.loss = affine(adversarial, options_.weight) + affine(similarity, options_.feature_weight);
  terms.terms = {{"adversarial", adversarial.detach()}, {"features", similarity.detach()}, {"spread", spread}};
  return terms;
}

}  // namespace latent

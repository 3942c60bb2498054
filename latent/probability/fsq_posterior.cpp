#include <latent/probability/fsq_posterior.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/estimators.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

constexpr int64_t kMostLevels = 65536;

int64_t level_of(float z, int64_t levels) {
  const auto E = static_cast<double>(levels);
  const double place = std::floor((std::clamp(double{z}, -1.0, 1.0) + 1.0) * 0.5 * E);
  return std::min(static_cast<int64_t>(place), levels - 1);
}

float middle_of(int64_t level, int64_t levels) {
  return static_cast<float>((2.0 * static_cast<double>(level) + 1.0) / static_cast<double>(levels) - 1.0);
}

}  // namespace

std::unique_ptr<Posterior> FsqPosterior::make(const Json& config, const SlotContext& context) {
  const JsonFields fields("posterior", *config, {"name", "levels"});
  return std::make_unique<FsqPosterior>(fields.integer("levels", 16, 2, kMostLevels), context.features,
                                        context.latent_dim, context.rng);
}

FsqPosterior::FsqPosterior(int64_t levels, int64_t features, int64_t latent_dim, Rng& rng) : levels_(levels) {
  LATENT_CHECK(levels >= 2 && levels <= kMostLevels, "[fsq] 2 to {} levels expected, got {}", kMostLevels, levels);
  if (features == latent_dim) return;
  head_.emplace(nn::Linear::Options{.in = features, .out = latent_dim}, rng);
  add_weight("weight", head_->weight);
  add_parameter("bias", head_->bias);
}

Tensor FsqPosterior::bounded(const Tensor& h, nn::Mode mode) const {
  const Tensor z = head_ ? head_->forward(h, mode) : cast(h, DType::f32);
  return activate(z, Activation::tanh);  // (N, D)
}

std::unique_ptr<Distribution> FsqPosterior::distribution(const Tensor& h) const {
  return std::make_unique<PointMass>(nearest_codes(bounded(h, nn::Mode::eval)));
}

PosteriorSample FsqPosterior::sample(const Tensor& h, const Prior&, const SampleNeeds& needs, Rng&,
                                     nn::Mode mode) const {
  const int64_t K = needs.num_samples;
  LATENT_CHECK(K >= 1, "[fsq] num_samples must be at least 1, got {}", K);
  const Tensor t = bounded(h, mode);
  const Tensor z = straight_through(t, nearest_codes(t.detach()));
  PosteriorSample result;
  result.z = K == 1 ? z : repeat(z, K);
  return result;
}

Tensor FsqPosterior::nearest_codes(const Tensor& z) const {
  Tensor codes = Tensor::empty(z.shape());
  std::ranges::transform(z.span<float>(), codes.span<float>().begin(),
                         [&](float value) { return middle_of(level_of(value, levels_), levels_); });
  return codes;
}

Tensor FsqPosterior::code_indices(const Tensor& z) const {
  Tensor indices = Tensor::empty(z.shape(), DType::i64);
  std::ranges::transform(z.span<float>(), indices.span<int64_t>().begin(),
                         [&](float value) { return level_of(value, levels_); });
  return indices;
}

Json FsqPosterior::config() const { return nlohmann::json{{"name", "fsq"}, {"levels", levels_}}; }

Tensor fsq_codes(const Tensor& indices, int64_t levels) {
  Tensor codes = Tensor::empty(indices.shape());
  std::ranges::transform(indices.span<int64_t>(), codes.span<float>().begin(),
                         [&](int64_t level) { return middle_of(level, levels); });
  return codes;
}

}  // namespace latent

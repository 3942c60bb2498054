#include <latent/models/latent_model.hpp>

#include <algorithm>

namespace latent {

int64_t samples_at_once(const Shape& sample, int64_t most) {
  constexpr int64_t kMostValues = int64_t{1} << 23;
  return std::clamp<int64_t>(kMostValues / std::max<int64_t>(1, sample.numel()), 1, most);
}

void check_samples(const char* who, const std::string& what, const LatentModel& model, const Shape& shape,
                   DType dtype) {
  LATENT_CHECK(shape == model.data_shape() && dtype == model.data_dtype(),
               "[{}] {}: the model expects {} {}, got {} {}", who, what, name_of(model.data_dtype()),
               model.data_shape().str(), name_of(dtype), shape.str());
}

std::unique_ptr<Distribution> LatentModel::encode(const Tensor&) const {
  detail::throw_invalid_argument(fmt::format("[{}] this model has no encoder: it cannot turn data into codes", kind()));
}

std::unique_ptr<Distribution> LatentModel::decode(const Tensor&) const {
  detail::throw_invalid_argument(fmt::format("[{}] this model has no decoder: it cannot turn codes into data", kind()));
}

Tensor LatentModel::sample_prior(int64_t, Rng&) const {
  detail::throw_invalid_argument(fmt::format("[{}] this model has no prior: it cannot draw codes by itself", kind()));
}

Tensor LatentModel::importance_weighted_bound(const Tensor&, int64_t, Rng&) const {
  detail::throw_invalid_argument(fmt::format("[{}] this model has no likelihood: log p(x) cannot be bounded", kind()));
}

std::unique_ptr<Distribution> LatentModel::encode_from(const Tensor& features) const { return encode(features); }

LossTerms LatentModel::loss_from(const Tensor&, const Batch& batch, Rng& rng) const {
  return loss(batch, StepContext{rng, nn::Mode::eval, 0.0});
}

Tensor LatentModel::importance_weighted_bound_from(const Tensor&, const Tensor& x, int64_t num_samples,
                                                   Rng& rng) const {
  return importance_weighted_bound(x, num_samples, rng);
}

std::vector<Phase> LatentModel::phases() {
  return {
      {"main", parameters(), [this](const Batch& batch, const StepContext& context) { return loss(batch, context); }}};
}

}  // namespace latent

#include <latent/probability/scaled_normal_prior.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/noise.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent {

std::unique_ptr<Prior> ScaledNormalPrior::make(const Json& config, const SlotContext& context) {
  const JsonFields no_options("prior", *config, {"name"});
  return std::make_unique<ScaledNormalPrior>(context.latent_dim);
}

ScaledNormalPrior::ScaledNormalPrior(int64_t latent_dim) {
  scales_ = add_buffer("scales", Tensor::full({latent_dim}, 1.0));
}

Tensor ScaledNormalPrior::sample(int64_t n, Rng& rng) const {
  LATENT_CHECK(n >= 0, "[scaled-normal] number of samples must not be negative, got {}", n);
  return standard_normal({n, scales_.dim(0)}, rng) * scales_;
}

Tensor ScaledNormalPrior::log_prob(const Tensor& z) const {
  LATENT_CHECK(z.ndim() >= 1 && z.dim(-1) == scales_.dim(0), "[scaled-normal] z (..., D): expected D = {}, got {}",
               scales_.dim(0), z.shape().str());
  double log_det = 0.0;
  for (const float scale : scales_.span<float>()) log_det += std::log(double{scale});
  return affine(standard_normal_log_prob(z / scales_.to(z.dtype())), 1.0, -log_det);
}

void ScaledNormalPrior::start_from_variances(std::span<const double> variances) {
  constexpr double kLeast = 0.01;
  const double sum = std::accumulate(variances.begin(), variances.end(), 0.0);
  if (!(sum > 0.0)) return;  // data that never changes has no scale
  const double mean = sum / static_cast<double>(variances.size());
  double scale = 1.0;
  for (size_t i = 0; i < static_cast<size_t>(scales_.dim(0)); ++i) {
    if (i < variances.size()) scale = std::max(kLeast, std::sqrt(std::max(variances[i], 0.0) / mean));
    scales_.data<float>()[i] = static_cast<float>(scale);
  }
}

Json ScaledNormalPrior::config() const { return nlohmann::json{{"name", "scaled-normal"}}; }

}  // namespace latent

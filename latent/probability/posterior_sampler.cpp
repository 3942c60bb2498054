#include <latent/probability/posterior_sampler.hpp>

#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/noise.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace latent {

namespace {

int64_t posterior_components_in(const nlohmann::json& config) {
  const JsonFields fields("sampler", config, {"name", "components"});
  return fields.integer("components", 500, 1, 1 << 24);
}

}  // namespace

std::vector<int64_t> draw_rows(int64_t n, const Tensor& weights, Rng& rng) {
  const std::span<const float> each = weights.span<float>();
  std::vector<double> cumulative(each.begin(), each.end());
  std::partial_sum(cumulative.begin(), cumulative.end(), cumulative.begin());
  std::vector<int64_t> rows(static_cast<size_t>(n));
  for (int64_t& row : rows) {
    const auto above = std::ranges::upper_bound(cumulative, rng.uniform() * cumulative.back());
    row = std::min<int64_t>(above - cumulative.begin(), static_cast<int64_t>(cumulative.size()) - 1);
  }
  return rows;
}

std::unique_ptr<Sampler> PosteriorSampler::make(const Json& config, int64_t latent_dim, Rng&) {
  return std::make_unique<PosteriorSampler>(posterior_components_in(*config), latent_dim);
}

double PosteriorSampler::num_elements(const Json& config, int64_t latent_dim) {
  return 2.0 * static_cast<double>(posterior_components_in(*config)) * static_cast<double>(latent_dim);
}

PosteriorSampler::PosteriorSampler(int64_t components, int64_t latent_dim) {
  LATENT_CHECK(components >= 1 && latent_dim >= 1, "[vamp] components and latent_dim must be at least 1, got {}, {}",
               components, latent_dim);
  means_ = add_buffer("means", Tensor::zeros({components, latent_dim}));
  stddevs_ = add_buffer("stddevs", Tensor::zeros({components, latent_dim}));
}

void PosteriorSampler::set(const Tensor& means, const Tensor& stddevs) {
  LATENT_CHECK(means.shape() == means_.shape() && stddevs.shape() == means_.shape(),
               "[vamp] means and standard deviations of shape {} expected, got {} and {}", means_.shape().str(),
               means.shape().str(), stddevs.shape().str());
  means_.copy_from(means);
  stddevs_.copy_from(stddevs);
}

Tensor PosteriorSampler::sample(int64_t n, Rng& rng) const {
  LATENT_CHECK(n >= 0, "[vamp] number of samples must not be negative, got {}", n);
  const int64_t D = means_.dim(1);
  const std::vector<int64_t> chosen = draw_rows(n, Tensor::full({means_.dim(0)}, 1.0), rng);
  const Tensor eps = standard_normal({n, D}, rng);
  Tensor codes = Tensor::empty({n, D});
  for (int64_t i = 0; i < n * D; ++i) {
    const int64_t at = chosen[static_cast<size_t>(i / D)] * D + i % D;
    codes.data<float>()[i] =
        std::as_const(means_).data<float>()[at] + std::as_const(stddevs_).data<float>()[at] * eps.data<float>()[i];
  }
  return codes;
}

Json PosteriorSampler::config() const { return nlohmann::json{{"name", "vamp"}, {"components", means_.dim(0)}}; }

}  // namespace latent

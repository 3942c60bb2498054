#include <latent/probability/mixture_sampler.hpp>

#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/noise.hpp>
#include <latent/probability/posterior_sampler.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <cmath>
#include <limits>

namespace latent {

namespace {

int64_t mixture_components_in(const nlohmann::json& config) {
  const JsonFields fields("sampler", config, {"name", "components"});
  return fields.integer("components", 50, 1, 1 << 16);
}

}  // namespace

std::unique_ptr<Sampler> MixtureSampler::make(const Json& config, int64_t latent_dim, Rng&) {
  return std::make_unique<MixtureSampler>(mixture_components_in(*config), latent_dim);
}

double MixtureSampler::num_elements(const Json& config, int64_t latent_dim) {
  const auto K = static_cast<double>(mixture_components_in(*config)), D = static_cast<double>(latent_dim);
  return K * (1.0 + D + D * D);
}

MixtureSampler::MixtureSampler(int64_t components, int64_t latent_dim) {
  LATENT_CHECK(components >= 1 && latent_dim >= 1, "[mixture] components and latent_dim must be at least 1, got {}, {}",
               components, latent_dim);
  weights_ = add_buffer("weights", Tensor::full({components}, 1.0 / static_cast<double>(components)));
  means_ = add_buffer("means", Tensor::zeros({components, latent_dim}));
  cholesky_ = add_buffer("cholesky", Tensor::zeros({components, latent_dim, latent_dim}));
}

void MixtureSampler::set(std::span<const double> weights, const Tensor& means, std::span<const double> covariances) {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const int64_t K = means_.dim(0), D = means_.dim(1);
  LATENT_CHECK(static_cast<int64_t>(weights.size()) == K && means.shape() == means_.shape() &&
                   static_cast<int64_t>(covariances.size()) == K * D * D,
               "[mixture] {} components of {} dimensions expected, got {} weights, means {} and {} covariances", K, D,
               weights.size(), means.shape().str(), covariances.size());
  means_.copy_from(means);
  for (int64_t k = 0; k < K; ++k) {
    weights_.data<float>()[k] = static_cast<float>(weights[static_cast<size_t>(k)]);
    Matrix matrix = Eigen::Map<const Matrix>(covariances.data() + k * D * D, D, D);
    const double scale = std::max(matrix.trace() / static_cast<double>(D), std::numeric_limits<double>::min());
    Eigen::LLT<Matrix> factor(matrix);
    for (double strength = 1e-10; factor.info() != Eigen::Success; strength *= 10.0) {  // what rounding made singular
      LATENT_CHECK(strength <= 1.0, "[mixture] component {}: its covariance is none", k);
      matrix.diagonal().array() += strength * scale;
      factor.compute(matrix);
    }
    const Matrix lower = factor.matrixL();
    for (int64_t i = 0; i < D * D; ++i) {
      LATENT_CHECK(std::isfinite(lower.data()[i]), "[mixture] component {}: values that are not finite", k);
      cholesky_.data<float>()[k * D * D + i] = static_cast<float>(lower.data()[i]);
    }
  }
}

Tensor MixtureSampler::sample(int64_t n, Rng& rng) const {
  LATENT_CHECK(n >= 0, "[mixture] number of samples must not be negative, got {}", n);
  const int64_t D = means_.dim(1);
  const std::vector<int64_t> chosen = draw_rows(n, weights_, rng);
  const Tensor eps = standard_normal({n, D}, rng);
  Tensor codes = Tensor::empty({n, D});
  for (int64_t i = 0; i < n; ++i) {
    const int64_t k = chosen[static_cast<size_t>(i)];
    const float* L = std::as_const(cholesky_).data<float>() + k * D * D;
    for (int64_t r = 0; r < D; ++r) {
      double value = double{std::as_const(means_).data<float>()[k * D + r]};
      for (int64_t c = 0; c <= r; ++c) value += double{L[r * D + c]} * double{eps.data<float>()[i * D + c]};
      codes.data<float>()[i * D + r] = static_cast<float>(value);
    }
  }
  return codes;
}

Json MixtureSampler::config() const { return nlohmann::json{{"name", "mixture"}, {"components", means_.dim(0)}}; }

}  // namespace latent

#include <latent/probability/fitted_gaussian_prior.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/linear.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/noise.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

constexpr const char* kDiagonal = "diagonal";

using RowMatrixF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowMatrixD = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Calls f with blocks of rows in double, so that memory does not grow with N.
template <class F>
void for_blocks(const Eigen::Map<const RowMatrixF>& codes, const F& f) {
  constexpr Eigen::Index kBlock = 4096;
  for (Eigen::Index begin = 0; begin < codes.rows(); begin += kBlock) {
    f(RowMatrixD(codes.middleRows(begin, std::min(kBlock, codes.rows() - begin)).cast<double>()));
  }
}

}  // namespace

std::unique_ptr<Prior> FittedGaussianPrior::make(const Json& config, const SlotContext& context) {
  const JsonFields fields("prior", *config, {"name", "covariance"});
  const std::string covariance = fields.text("covariance", "full");
  if (covariance != "full" && covariance != kDiagonal) fields.refuse("covariance", "full or diagonal expected");
  return std::make_unique<FittedGaussianPrior>(context.latent_dim,
                                               covariance == kDiagonal ? Covariance::diagonal : Covariance::full);
}

FittedGaussianPrior::FittedGaussianPrior(int64_t latent_dim, Covariance covariance)
    : latent_dim_(latent_dim), covariance_(covariance) {
  LATENT_CHECK(1 <= latent_dim && (latent_dim <= kMaxLatentDim || covariance == Covariance::diagonal),
               "[fitted-gaussian] holds a D x D covariance, so latent_dim must be from 1 to {}, got {}", kMaxLatentDim,
               latent_dim);
  mean_ = add_buffer("mean", Tensor::zeros({latent_dim}));
  if (covariance == Covariance::diagonal) {
    stddev_ = add_buffer("stddev", Tensor::zeros({latent_dim}));
    return;
  }
  cholesky_ = add_buffer("cholesky", Tensor::zeros({latent_dim, latent_dim}));
}

void FittedGaussianPrior::check_fitted() const {
  // fit() leaves a positive diagonal.
  LATENT_CHECK((covariance_ == Covariance::full ? cholesky_ : stddev_).span<float>()[0] > 0,
               "[fitted-gaussian] the prior has not been fitted to training codes yet; let training finish first");
}

Tensor FittedGaussianPrior::sample(int64_t n, Rng& rng) const {
  LATENT_CHECK(n >= 0, "[fitted-gaussian] number of samples must not be negative, got {}", n);
  check_fitted();
  const Tensor eps = standard_normal({n, latent_dim_}, rng);
  if (covariance_ == Covariance::diagonal) return eps * stddev_ + mean_;
  return linear(eps, cholesky_, mean_);  // L eps + mean for each row
}

Tensor FittedGaussianPrior::log_prob(const Tensor& z) const {
  LATENT_CHECK(z.ndim() >= 1 && z.dim(-1) == latent_dim_, "[fitted-gaussian] z (..., D): expected D = {}, got {}",
               latent_dim_, z.shape().str());
  check_fitted();
  const int64_t D = latent_dim_;
  if (covariance_ == Covariance::diagonal) {
    double log_det = 0.0;
    for (const float stddev : stddev_.span<float>()) log_det += std::log(double{stddev});
    const Tensor y = sub(z, mean_.to(z.dtype())) / stddev_.to(z.dtype());
    return affine(standard_normal_log_prob(y), 1.0, -log_det);
  }
  const RowMatrixD L = Eigen::Map<const RowMatrixF>(cholesky_.data<float>(), D, D).cast<double>();
  const RowMatrixD inverse = L.triangularView<Eigen::Lower>().solve(RowMatrixD::Identity(D, D));
  const Tensor whiten = Tensor::from(std::span<const double>(inverse.data(), static_cast<size_t>(D * D)), {D, D});
  const double log_det = L.diagonal().array().log().sum();

  const Shape batch(z.shape().sizes().first(static_cast<size_t>(z.ndim() - 1)));
  const Tensor centered = sub(reshape(z, {batch.numel(), D}), mean_.to(z.dtype()));
  const Tensor y = linear(centered, whiten.to(z.dtype()), Tensor(), Activation::none, z.dtype());  // L^-1 (z - mean)
  return reshape(affine(standard_normal_log_prob(y), 1.0, -log_det), batch);
}

void FittedGaussianPrior::fit(const Tensor& codes) {
  LATENT_CHECK(codes.ndim() == 2 && codes.dim(0) >= 1 && codes.dim(1) == latent_dim_ && codes.dtype() == DType::f32,
               "[fitted-gaussian] codes (N, D) f32: expected D = {}, got {} {}", latent_dim_, codes.shape().str(),
               name_of(codes.dtype()));
  covariance_ == Covariance::full ? fit_full(codes) : fit_diagonal(codes);
}

void FittedGaussianPrior::fit_diagonal(const Tensor& codes) {
  const Eigen::Map<const RowMatrixF> rows(codes.data<float>(), codes.dim(0), latent_dim_);
  const auto N = static_cast<double>(codes.dim(0));
  Eigen::RowVectorXd mean = Eigen::RowVectorXd::Zero(latent_dim_), variance = mean;
  for_blocks(rows, [&](const RowMatrixD& block) { mean += block.colwise().sum(); });
  mean /= N;
  for_blocks(rows, [&](RowMatrixD block) {
    block.rowwise() -= mean;
    variance += block.array().square().matrix().colwise().sum();
  });
  variance /= N;
  LATENT_CHECK(mean.allFinite() && variance.allFinite(), "[fitted-gaussian] the training codes are not all finite");
  variance.array() += std::max(1e-6 * variance.mean(), 1e-12);
  Eigen::Map<Eigen::RowVectorXf>(mean_.data<float>(), latent_dim_) = mean.cast<float>();
  Eigen::Map<Eigen::RowVectorXf>(stddev_.data<float>(), latent_dim_) = variance.array().sqrt().matrix().cast<float>();
}

void FittedGaussianPrior::fit_full(const Tensor& codes) {
  const Eigen::Map<const RowMatrixF> rows(codes.data<float>(), codes.dim(0), latent_dim_);
  const auto N = static_cast<double>(codes.dim(0));
  Eigen::RowVectorXd mean = Eigen::RowVectorXd::Zero(latent_dim_);
  for_blocks(rows, [&](const RowMatrixD& block) { mean += block.colwise().sum(); });
  mean /= N;
  RowMatrixD covariance = RowMatrixD::Zero(latent_dim_, latent_dim_);
  for_blocks(rows, [&](RowMatrixD block) {
    block.rowwise() -= mean;
    covariance.noalias() += block.transpose() * block;
  });
  covariance /= N;
  LATENT_CHECK(mean.allFinite() && covariance.allFinite(), "[fitted-gaussian] the training codes are not all finite");

  const double variance = covariance.trace() / static_cast<double>(latent_dim_);
  covariance.diagonal().array() += std::max(1e-6 * variance, 1e-12);
  const Eigen::LLT<RowMatrixD> factors(covariance);
  LATENT_CHECK(factors.info() == Eigen::Success,
               "[fitted-gaussian] the covariance of the training codes has no Cholesky factor");
  Eigen::Map<Eigen::RowVectorXf>(mean_.data<float>(), latent_dim_) = mean.cast<float>();
  const RowMatrixD L = factors.matrixL();
  Eigen::Map<RowMatrixF>(cholesky_.data<float>(), latent_dim_, latent_dim_) = L.cast<float>();
}

Json FittedGaussianPrior::config() const {
  nlohmann::json config = {{"name", "fitted-gaussian"}};
  if (covariance_ == Covariance::diagonal)
    config["covariance"] = kDiagonal;  // files of versions without it stay as they are
  return config;
}

}  // namespace latent

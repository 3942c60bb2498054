#include <latent/run/explore/places.hpp>

#include <algorithm>

namespace latent {

Places Places::of_pca(space::Pca pca) {
  Places places;
  places.pca_ = std::move(pca);
  return places;
}

Places Places::of_dimensions(const Tensor& codes, std::vector<int64_t> dimensions) {
  for (const int64_t d : dimensions) {
    LATENT_CHECK(0 <= d && d < codes.dim(1), "[map] dimension {} of codes with {} dimensions", d, codes.dim(1));
  }
  Places places;
  places.mean_ = mean_row(codes);
  places.dimensions_ = std::move(dimensions);
  return places;
}

Places Places::of_points(const Tensor& positions, const Tensor& codes) {
  Places places;
  places.inverse_ = std::make_shared<const space::InverseMap>(positions, codes);
  return places;
}

Tensor Places::codes_at(const Tensor& places) const {
  if (inverse_) return inverse_->codes_at(places);
  const int64_t M = places.dim(0), d = places.dim(1);
  if (pca_) {
    const int64_t axes = pca_->components.dim(0);
    Tensor on_axes = Tensor::zeros({M, axes});
    for (int64_t m = 0; m < M; ++m) {
      std::copy_n(places.data<float>() + m * d, std::min(axes, d), on_axes.data<float>() + m * axes);
    }
    return pca_->restore(on_axes);
  }
  LATENT_CHECK(d == static_cast<int64_t>(dimensions_.size()), "[map] places (M, {}) expected, got {}",
               dimensions_.size(), places.shape().str());
  const int64_t D = mean_.dim(1);
  Tensor codes = Tensor::empty({M, D});
  for (int64_t m = 0; m < M; ++m) {
    float* const code = codes.data<float>() + m * D;
    std::copy_n(mean_.data<float>(), D, code);
    for (int64_t k = 0; k < d; ++k) code[dimensions_[static_cast<size_t>(k)]] = places.data<float>()[m * d + k];
  }
  return codes;
}

Tensor dimensions_of(const Tensor& codes, const std::vector<int64_t>& dimensions) {
  const int64_t N = codes.dim(0), D = codes.dim(1), K = static_cast<int64_t>(dimensions.size());
  for (const int64_t d : dimensions)
    LATENT_CHECK(0 <= d && d < D, "[map] dimension {} of codes with {} dimensions", d, D);
  Tensor chosen = Tensor::empty({N, K});
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t k = 0; k < K; ++k) {
      chosen.data<float>()[n * K + k] = codes.data<float>()[n * D + dimensions[static_cast<size_t>(k)]];
    }
  }
  return chosen;
}

Tensor mean_row(const Tensor& x, const std::vector<int64_t>& rows) {
  const int64_t D = x.dim(1), count = rows.empty() ? x.dim(0) : static_cast<int64_t>(rows.size());
  std::vector<double> sums(static_cast<size_t>(D));
  for (int64_t i = 0; i < count; ++i) {
    const float* const row = x.data<float>() + (rows.empty() ? i : rows[static_cast<size_t>(i)]) * D;
    for (int64_t d = 0; d < D; ++d) sums[static_cast<size_t>(d)] += row[d];
  }
  Tensor mean = Tensor::empty({1, D});
  for (int64_t d = 0; d < D; ++d) {
    mean.data<float>()[d] = static_cast<float>(sums[static_cast<size_t>(d)] / static_cast<double>(count));
  }
  return mean;
}

}  // namespace latent

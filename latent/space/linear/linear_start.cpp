#include <latent/space/linear/linear_start.hpp>

#include <latent/space/linear/pca.hpp>

#include <algorithm>
#include <numeric>

namespace latent::space {

namespace {

constexpr int64_t kMostStartSamples = 5000;
constexpr int64_t kMostStartValues = int64_t{1} << 26;  // 256 MB
constexpr int64_t kAtOnce = 64;

}  // namespace

int64_t start_from_principal_components(LatentModel& model, const data::Dataset& samples, uint64_t seed) {
  const Tensor probe = model.linear_view(samples.range(0, std::min<int64_t>(1, samples.size())));
  if (!probe.defined() || samples.size() < 2) return 0;
  const int64_t D = probe.dim(1);
  const int64_t N = std::min({samples.size(), kMostStartSamples, std::max<int64_t>(2, kMostStartValues / D)});
  Tensor x = Tensor::empty(Shape{N, D});
  std::vector<int64_t> numbers(static_cast<size_t>(N));
  for (int64_t i = 0; i < N; ++i) numbers[static_cast<size_t>(i)] = i * samples.size() / N;
  for (int64_t begin = 0; begin < N; begin += kAtOnce) {
    const int64_t end = std::min(begin + kAtOnce, N);
    Tensor part = Tensor::empty(samples.sample_shape().prepend(end - begin));
    samples.gather(std::span(numbers).subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)),
                   part.span<float>());
    x.rows(begin, end).copy_from(model.linear_view(part));
  }
  const int64_t k = std::min({model.latent_dim(), N - 1, D});
  const Pca pca = fit_pca(x, {.dims = k, .seed = seed});
  const double explained = std::accumulate(pca.variance.begin(), pca.variance.end(), 0.0);
  PrincipalAxes axes{.mean = pca.mean, .components = pca.components, .variance = pca.variance};
  // Components of few samples leave nothing of these samples, but something of others.
  constexpr double kLeastShare = 1e-3;
  axes.residual_variance =
      std::max(pca.total_variance - explained, kLeastShare * pca.total_variance) / static_cast<double>(D);
  model.start_from_axes(axes);
  return k;
}

}  // namespace latent::space

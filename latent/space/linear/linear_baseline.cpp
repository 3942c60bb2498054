#include <latent/space/linear/linear_baseline.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/error.hpp>
#include <latent/training/batch_reader.hpp>

#include <algorithm>

namespace latent::space {

namespace {

constexpr int64_t kMostSamples = 10'000, kMostValues = int64_t{1} << 25;

// Numbers of at most `limit` of `size` samples, evenly spread.
std::vector<int64_t> spread(int64_t size, int64_t limit) {
  const int64_t count = std::min(size, limit);
  std::vector<int64_t> indices(static_cast<size_t>(count));
  const double stride = static_cast<double>(size) / static_cast<double>(count);
  for (int64_t i = 0; i < count; ++i) {
    indices[static_cast<size_t>(i)] = static_cast<int64_t>(static_cast<double>(i) * stride);
  }
  return indices;
}

double squared_error(std::span<const float> a, std::span<const float> b) {
  double total = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    total += difference * difference;
  }
  return total;
}

std::span<const float> values(const Tensor& tensor) { return tensor.span<float>(); }

}  // namespace

LinearBaseline fit_linear_baseline(const data::Dataset& train, int64_t dims, uint64_t seed) {
  LATENT_CHECK(train.size() > 0, "[fit_linear_baseline] the set has no samples");
  LATENT_CHECK(dims >= 1, "[fit_linear_baseline] dims: at least 1, got {}", dims);
  const int64_t P = train.sample_shape().numel();
  const int64_t limit = std::clamp<int64_t>(kMostValues / std::max<int64_t>(P, 1), 2, kMostSamples);
  const std::vector<int64_t> indices = spread(train.size(), limit);
  const auto N = static_cast<int64_t>(indices.size());
  BatchReader reader(train, N);
  const Tensor x = reader.read(indices).x.view_as({N, P});

  LinearBaseline baseline;
  baseline.samples = N;
  if (const int64_t k = std::min(dims, N - 1); k >= 1 && dims < P) {
    baseline.pca = fit_pca(x, {.dims = k, .seed = seed});
    baseline.mean = baseline.pca->mean;
    return baseline;
  }
  std::vector<double> sums(static_cast<size_t>(P), 0.0);
  const std::span<const float> all = values(x);
  for (size_t i = 0; i < all.size(); ++i) sums[i % sums.size()] += static_cast<double>(all[i]);
  baseline.mean = Tensor::empty({P});
  for (int64_t p = 0; p < P; ++p) {
    baseline.mean.data<float>()[p] = static_cast<float>(sums[static_cast<size_t>(p)] / static_cast<double>(N));
  }
  return baseline;
}

std::optional<ReconstructionFit> measure_fit(const LatentModel& model, const data::Dataset& data,
                                             const LinearBaseline& baseline, const FitOptions& options) {
  LATENT_CHECK(data.size() > 0, "[measure_fit] the set has no samples");
  LATENT_CHECK(data.sample_shape() == model.data_shape() && baseline.mean.numel() == data.sample_shape().numel(),
               "[measure_fit] samples {}: the model expects {}, the baseline {} values", data.sample_shape().str(),
               model.data_shape().str(), baseline.mean.numel());
  LATENT_CHECK(options.batch >= 1 && options.most_samples >= 1,
               "[measure_fit] batch and samples: at least 1, got {} and {}", options.batch, options.most_samples);
  if (!model.has_encoder() || !model.has_decoder() || !model.has_exact_mean()) return std::nullopt;
  const NoGrad no_grad;
  const int64_t P = baseline.mean.numel();
  const std::vector<int64_t> indices = spread(data.size(), options.most_samples);
  const auto N = static_cast<int64_t>(indices.size());
  BatchReader reader(data, std::min(options.batch, N), options.corruption);
  const Rng damage = Rng(options.seed);
  double of_model = 0.0, of_mean = 0.0, of_pca = 0.0;
  for (int64_t begin = 0; begin < N; begin += options.batch) {
    const int64_t n = std::min(options.batch, N - begin);
    const Batch& batch =
        reader.read(std::span(indices).subspan(static_cast<size_t>(begin), static_cast<size_t>(n)), damage);
    const Tensor& seen = batch.input.defined() ? batch.input : batch.x;
    const Tensor x = batch.x.view_as({n, P});
    of_model += squared_error(values(model.decode(model.encode(seen)->mean())->mean()), values(x));
    for (int64_t i = 0; i < n; ++i) of_mean += squared_error(values(baseline.mean), values(x.rows(i, i + 1)));
    if (baseline.pca) {
      of_pca += squared_error(values(baseline.pca->restore(baseline.pca->project(seen.view_as({n, P})))), values(x));
    }
  }
  const double count = static_cast<double>(N) * static_cast<double>(P);
  ReconstructionFit fit;
  fit.mse = of_model / count;
  fit.mse_of_mean = of_mean / count;
  if (baseline.pca) fit.mse_of_pca = of_pca / count;
  fit.pca_dims = baseline.pca ? baseline.pca->components.dim(0) : 0;
  fit.samples = N;
  fit.fitted_to = baseline.samples;
  return fit;
}

}  // namespace latent::space

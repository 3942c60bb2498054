#include <latent/training/flow_fit.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/finite.hpp>
#include <latent/core/interrupted.hpp>
#include <latent/core/shuffle.hpp>
#include <latent/training/optimizer.hpp>
#include <latent/training/schedule.hpp>
#include <latent/training/weights.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace latent {

namespace {

constexpr uint64_t kOrderStream = 1, kCodesStream = 2, kPathsStream = 3;

// Mean and standard deviation of the mixture of all posteriors: theirs, and that of their means.
void standardize_to(FlowSampler& sampler, const Tensor& mu, const Tensor& stddev) {
  const int64_t N = mu.dim(0), D = mu.dim(1);
  std::vector<double> mean(static_cast<size_t>(D), 0.0), scale(static_cast<size_t>(D), 0.0);
  for (int64_t i = 0; i < N * D; ++i) mean[static_cast<size_t>(i % D)] += double{mu.data<float>()[i]};
  for (double& value : mean) value /= static_cast<double>(N);
  for (int64_t i = 0; i < N * D; ++i) {
    const double distance = double{mu.data<float>()[i]} - mean[static_cast<size_t>(i % D)];
    const double own = double{stddev.data<float>()[i]};
    scale[static_cast<size_t>(i % D)] += distance * distance + own * own;
  }
  constexpr double kConstant = 1e-12;  // of the square of a mean: rounding of a dimension that never changes
  for (size_t d = 0; d < scale.size(); ++d) {
    const double variance = scale[d] / static_cast<double>(N);
    scale[d] = variance > kConstant * mean[d] * mean[d] ? std::sqrt(variance) : 0.0;
  }
  sampler.standardize(mean, scale);
}

// Codes of `rows`: mu + stddev eps.
Tensor codes_at(const Tensor& mu, const Tensor& stddev, const std::vector<int64_t>& rows, Rng& rng) {
  const int64_t D = mu.dim(1);
  Tensor codes = Tensor::empty({static_cast<int64_t>(rows.size()), D});
  rng.normal(codes.span<float>());
  for (int64_t i = 0; i < codes.numel(); ++i) {
    const int64_t at = rows[static_cast<size_t>(i / D)] * D + i % D;
    float& value = codes.data<float>()[i];
    value = mu.data<float>()[at] + stddev.data<float>()[at] * value;
  }
  return codes;
}

}  // namespace

double fit_flow(FlowSampler& sampler, const Tensor& mu, const Tensor& stddev, const FlowFitOptions& options,
                const std::function<bool(int64_t done)>& goes_on) {
  const int64_t N = mu.dim(0), D = sampler.options().latent_dim;
  LATENT_CHECK(mu.ndim() == 2 && N >= 1 && mu.dim(1) == D && stddev.shape() == mu.shape() && mu.dtype() == DType::f32 &&
                   stddev.dtype() == DType::f32,
               "[fit_flow] mu and stddev (N, {}) f32 expected, got {} and {}", D, mu.shape().str(),
               stddev.shape().str());
  LATENT_CHECK(count_not_finite(mu) == 0 && count_not_finite(stddev) == 0, "[fit_flow] codes that are not finite");
  LATENT_CHECK(options.updates >= 1 && options.batch >= 1, "[fit_flow] updates and batch: at least 1, got {} and {}",
               options.updates, options.batch);
  const DenormalMode denormals(Denormals::flushed);
  standardize_to(sampler, mu, stddev);
  const auto parameters = sampler.network().parameters();
  const auto optimizer = make_optimizer({.name = "adam", .lr = options.lr}, parameters);
  WeightAverage average(parameters, options.decay);
  const ScheduleOptions cosine{.name = "cosine"};
  const Rng base(options.seed);
  Shuffle order(N, base.fork(kOrderStream));
  int64_t taken = 0;
  const int64_t batch = std::min(options.batch, N);
  const int64_t reported_from = options.updates - std::max<int64_t>(options.updates / 10, 1);
  double loss_sum = 0.0;
  for (int64_t update = 0; update < options.updates; ++update) {
    std::vector<int64_t> rows(static_cast<size_t>(batch));
    for (int64_t& row : rows) {
      if (taken > 0 && taken % N == 0)
        order = Shuffle(N, base.fork(kOrderStream).fork(static_cast<uint64_t>(taken / N)));
      row = order[taken++ % N];
    }
    Rng codes_rng = base.fork(kCodesStream).fork(static_cast<uint64_t>(update));
    Rng paths_rng = base.fork(kPathsStream).fork(static_cast<uint64_t>(update));
    const Tensor loss = mean(sampler.loss(sampler.standardized(codes_at(mu, stddev, rows, codes_rng)), paths_rng));
    if (update >= reported_from) loss_sum += loss.to_vector().front();
    backward(loss);
    const auto done = static_cast<double>(update) + 0.5, all = static_cast<double>(options.updates);
    optimizer->step(options.lr * schedule_factor(cosine, done, all));
    average.update(update + 1);
    if (goes_on && !goes_on(update + 1)) throw Interrupted("the flow was not trained to its end");
  }
  assign(parameters, average.tensors());
  return loss_sum / static_cast<double>(options.updates - reported_from);
}

}  // namespace latent

#include <latent/training/sample_terms.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/denormals.hpp>
#include <latent/training/batch_reader.hpp>

#include <algorithm>

namespace latent {

namespace {

// Streams of the tape of random numbers.
constexpr uint64_t kElboStream = 1, kBoundStream = 2;

void append(std::vector<double>& all, const Tensor& values, double factor) {
  for (const double value : values.to_vector()) all.push_back(factor * value);
}

std::vector<double> neg_elbo_of(const LatentModel& model, const Tensor& features, const Batch& batch, int64_t draws,
                                const Rng& base) {
  std::vector<double> sums(static_cast<size_t>(batch.size()), 0.0);
  for (int64_t draw = 0; draw < draws; ++draw) {
    Rng rng = base.fork(static_cast<uint64_t>(draw));
    const std::vector<double> loss = model.loss_from(features, batch, rng).loss.to_vector();
    for (size_t n = 0; n < sums.size(); ++n) sums[n] += loss[n] / static_cast<double>(draws);
  }
  return sums;
}

}  // namespace

SampleTerms sample_terms(const LatentModel& model, const data::Dataset& data, int64_t begin, int64_t end,
                         const SampleTermsOptions& options) {
  LATENT_CHECK(0 <= begin && begin < end && end <= data.size(), "[sample_terms] samples [{}, {}) of {}", begin, end,
               data.size());
  check_samples("sample_terms", "samples", model, data.sample_shape(), data.value_dtype());
  LATENT_CHECK(data.value_dtype() == DType::f32, "[sample_terms] f32 samples expected, got {}",
               name_of(data.value_dtype()));
  LATENT_CHECK(
      options.draws >= 1 && options.importance_samples >= 0 && options.batch >= 1,
      "[sample_terms] draws and batch of at least 1 and importance_samples of at least 0 expected, got {}, {}, {}",
      options.draws, options.batch, options.importance_samples);
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  const int64_t N = end - begin, P = model.data_shape().numel();
  const bool decodes = model.has_encoder() && model.has_decoder();
  SampleTerms terms;
  terms.x = Tensor::empty({N, P});
  if (model.has_encoder()) terms.codes = Tensor::empty({N, model.latent_dim()});
  if (decodes) terms.x_hat = Tensor::empty({N, P});
  BatchReader reader(data, std::min(options.batch, N));
  for (int64_t first = 0; first < N; first += options.batch) {
    const int64_t last = std::min(first + options.batch, N);
    const Batch& batch = reader.range(begin + first, begin + last);
    terms.x.rows(first, last).copy_from(batch.x.view_as({last - first, P}));
    if (!model.has_encoder()) continue;
    const Tensor features = model.features(batch.x);
    const Tensor mu = model.encode_from(features)->mean();
    terms.codes.rows(first, last).copy_from(mu);
    if (decodes) {
      const std::unique_ptr<Distribution> p = model.decode(mu);
      terms.x_hat.rows(first, last).copy_from(p->mean().view_as({last - first, P}));
      append(terms.reconstruction, p->log_prob(batch.x), -1.0);
    }
    if (!model.has_likelihood()) continue;
    const Rng base = Rng(options.seed).fork(static_cast<uint64_t>(begin + first));
    const std::vector<double> neg_elbo = neg_elbo_of(model, features, batch, options.draws, base.fork(kElboStream));
    terms.neg_elbo.insert(terms.neg_elbo.end(), neg_elbo.begin(), neg_elbo.end());
    if (options.importance_samples == 0) continue;
    Rng rng = base.fork(kBoundStream);
    append(terms.nll, model.importance_weighted_bound_from(features, batch.x, options.importance_samples, rng), -1.0);
  }
  return terms;
}

}  // namespace latent

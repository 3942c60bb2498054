#include <latent/models/denoise.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>

#include <algorithm>

namespace latent {

namespace {

// The average of p(x|z)'s mean over draws of z.
Tensor average_over_draws(const LatentModel& model, const Distribution& q, int64_t num_samples, Rng rng) {
  Tensor sum;
  for (int64_t k = 0; k < num_samples; ++k) {
    const Tensor z = q.sample(rng, 1);  // (1, N, D)
    const Tensor x_hat = model.decode(z.view_as(z.shape().tail()))->mean();
    sum = k == 0 ? x_hat : add(sum, x_hat);
  }
  return affine(sum, 1.0 / static_cast<double>(num_samples));
}

}  // namespace

Tensor denoise(const LatentModel& model, const Tensor& x, const DenoiseOptions& options) {
  LATENT_CHECK(model.has_encoder() && model.has_decoder(),
               "[denoise] a model with an encoder and a decoder expected, got one of kind {}", model.kind());
  LATENT_CHECK(x.ndim() >= 1 && x.shape().tail() == model.data_shape(),
               "[denoise] x (N, ...): expected samples of {}, got {}", model.data_shape().str(), x.shape().str());
  LATENT_CHECK(options.num_samples >= 0, "[denoise] num_samples: not negative, got {}", options.num_samples);
  LATENT_CHECK(options.num_samples == 0 || model.has_likelihood(),
               "[denoise] num_samples {}: the codes of a model of kind {} have no spread to draw from",
               options.num_samples, model.kind());
  LATENT_CHECK(options.batch >= 1, "[denoise] batch: at least 1, got {}", options.batch);
  const NoGrad no_grad;
  const Rng base(options.seed);
  Tensor x_hat = Tensor::empty(x.shape());
  for (int64_t begin = 0; begin < x.dim(0); begin += options.batch) {
    const int64_t end = std::min(begin + options.batch, x.dim(0));
    const auto q = model.encode(x.rows(begin, end));
    const Tensor cleaned = options.num_samples == 0 ? model.decode(q->mean())->mean()
                                                    : average_over_draws(model, *q, options.num_samples,
                                                                         base.fork(static_cast<uint64_t>(begin)));
    x_hat.rows(begin, end).copy_from(cleaned);
  }
  return x_hat;
}

}  // namespace latent

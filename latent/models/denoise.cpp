#include <latent/models/denoise.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>

#include <algorithm>

namespace latent {

namespace {

// The average of p(x|z)'s mean over draws of z.
Tensor average_over_draws(const LatentModel& model, const Tensor& x, int64_t num_samples, Rng rng) {
  const auto q = model.encode(x);
  Tensor sum;
  for (int64_t k = 0; k < num_samples; ++k) {
    const Tensor z = q->sample(rng, 1);  // (1, N, D)
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
  const int64_t batch = samples_at_once(model.data_shape(), options.batch);
  for (int64_t begin = 0; begin < x.dim(0); begin += batch) {
    const int64_t end = std::min(begin + batch, x.dim(0));
    const Tensor part = x.rows(begin, end);
    const Rng rng = base.fork(static_cast<uint64_t>(begin));
    x_hat.rows(begin, end)
        .copy_from(options.num_samples == 0 ? model.clean(part)
                                            : average_over_draws(model, part, options.num_samples, rng));
  }
  return x_hat;
}

}  // namespace latent

#include <latent/nn/embedding.hpp>

#include <latent/autograd/shaping.hpp>

namespace latent::nn {

Embedding::Embedding(const Options& options, Rng& rng) {
  LATENT_CHECK(options.count >= 1 && options.dim >= 1,
               "[Embedding] count and dim of at least 1 expected, got {} and {}", options.count, options.dim);
  Tensor rows = Tensor::empty({options.count, options.dim});
  rng.normal(rows.span<float>());
  weight = add_parameter("weight", rows);
}

Tensor Embedding::forward(const Tensor& ids, const Context&) const { return embedding(weight, ids); }

}  // namespace latent::nn

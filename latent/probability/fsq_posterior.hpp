#pragma once
// Posterior `fsq`: codes of a few levels in each dimension (finite scalar quantisation).

#include <latent/nn/layers.hpp>
#include <latent/probability/slots.hpp>

#include <optional>

namespace latent {

/// t = tanh(h weight^T + bias) lies in (-1, 1), which is cut into E equal parts; z is the middle of the part that t is
/// in: -1 + (2 i + 1) / E for i = 0 ... E - 1. A code is D whole numbers below E: D log2 E bits. It has neither noise
/// nor density, no codebook that could collapse, and no penalty. The decoder's gradient passes to t as if z were t
/// (straight-through). A network whose features are as many as the code has dimensions hands them on as they are,
/// without weight and bias.
/// Source: Mentzer et al. 2023, "Finite scalar quantization: VQ-VAE made simple", arXiv:2309.15505 (there the levels
/// reach the ends of the interval; here all of them are equally wide).
class FsqPosterior : public Posterior {
 public:
  /// @param config {"name": "fsq", "levels": 16}
  static std::unique_ptr<Posterior> make(const Json& config, const SlotContext& context);
  /// @throws std::invalid_argument unless 2 <= levels <= 65536
  FsqPosterior(int64_t levels, int64_t features, int64_t latent_dim, Rng& rng);

  std::unique_ptr<Distribution> distribution(const Tensor& h) const override;
  /// All K samples are the same code; kl is undefined.
  PosteriorSample sample(const Tensor& h, const Prior& prior, const SampleNeeds& needs, Rng& rng,
                         nn::Mode mode) const override;
  bool has_density() const override { return false; }
  Tensor nearest_codes(const Tensor& z) const override;
  Tensor code_indices(const Tensor& z) const override;
  int64_t codebook_size() const override { return levels_; }
  Json config() const override;

 private:
  Tensor bounded(const Tensor& h, nn::Mode mode) const;

  int64_t levels_;
  std::optional<nn::Linear> head_;  // "weight" (D, features), "bias" (D)
};

/// The code whose levels are `indices`, as FsqPosterior::code_indices() numbers them. @param indices (...) i64
/// @return (...) f32
Tensor fsq_codes(const Tensor& indices, int64_t levels);

}  // namespace latent

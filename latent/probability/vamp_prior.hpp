#pragma once
// Prior `vamp`: a mixture of posteriors of learned pseudo-inputs.

#include <latent/probability/slots.hpp>

namespace latent {

/// p(z) = 1/C sum_c q(z|u_c), with pseudo-inputs u_c that look like data and are learned with the model: of all
/// mixtures of C Gaussians one that the encoder can make, and so one that follows it. KL is taken as log q(z|x) - log
/// p(z) at the samples. The pseudo-inputs start as random training samples. They are not limited to the range of the
/// data. Source: Tomczak & Welling 2018, "VAE with a VampPrior", arXiv:1705.07120.
class VampPrior : public Prior {
 public:
  /// @param config {"name": "vamp", "components": 500}
  static std::unique_ptr<Prior> make(const Json& config, const SlotContext& context);
  /// C of a config. @throws std::invalid_argument for other settings, and values out of range
  static int64_t components_in(const Json& config);
  /// @param pseudo_inputs  (C, data shape), where they start; C >= 1
  explicit VampPrior(const Tensor& pseudo_inputs);

  /// @throws std::invalid_argument before set_encoder()
  Tensor sample(int64_t n, Rng& rng) const override;
  /// Passes all pseudo-inputs through the encoder. @throws std::invalid_argument before set_encoder()
  Tensor log_prob(const Tensor& z) const override;
  void set_encoder(const Encode& encode) override { encode_ = encode; }
  bool needs_encoder() const override { return true; }
  Json config() const override;

 private:
  GaussianMoments moments() const;

  Tensor pseudo_inputs_;  // (C, data shape), parameter "pseudo_inputs"
  Encode encode_;
};

}  // namespace latent

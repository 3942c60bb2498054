#pragma once
// Coders of 8-bit values whose distributions are mixtures.

#include <latent/compression/detail/value_coder.hpp>
#include <latent/nn/causal_runner.hpp>
#include <latent/probability/causal_mixture_likelihood.hpp>
#include <latent/probability/logistic_mixture_likelihood.hpp>

namespace latent::compression {

/// Likelihood `logistic-mixture`: values that are independent given the code.
class MixtureCoder : public ValueCoder {
 public:
  MixtureCoder(const LogisticMixtureLikelihood& likelihood, const Shape& data_shape);
  std::unique_ptr<Buffers> make_buffers() const override;
  void push(const float* params, const uint8_t* levels, const LaneStacks& stacks, Buffers& buffers) const override;
  void pop(const float* params, const LaneStacks& stacks, uint8_t* levels, Buffers& buffers) const override;
  void median(const float* params, uint8_t* levels, Buffers& buffers) const override;

 private:
  // The mixture of value `i`, ready for kernels::exact.
  const float* mixture(int64_t i, const float* params, Buffers& buffers) const;

  int64_t components_, numel_;
  int64_t places_;  // of a channel: H W, or 1
};

/// Likelihood `causal-mixture`: place after place, each given those before it.
class CausalMixtureCoder : public ValueCoder {
 public:
  CausalMixtureCoder(const CausalMixtureLikelihood& likelihood, const Shape& data_shape);
  std::unique_ptr<Buffers> make_buffers() const override;
  void push(const float* params, const uint8_t* levels, const LaneStacks& stacks, Buffers& buffers) const override;
  void pop(const float* params, const LaneStacks& stacks, uint8_t* levels, Buffers& buffers) const override;
  void median(const float* params, uint8_t* levels, Buffers& buffers) const override;

 private:
  // Walks over all values in the order in which they are coded. `choose` gets the mixture of a value and its number in
  // (C, H, W), and leaves the value's levels of all lanes in `levels`.
  template <class Choose>
  void walk(const float* params, uint8_t* levels, Buffers& buffers, const Choose& choose) const;

  nn::CausalRunner runner_;
  int64_t components_;
};

}  // namespace latent::compression

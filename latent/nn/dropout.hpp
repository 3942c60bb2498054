#pragma once
// Dropout: a layer that leaves out some of its inputs in training, so that no unit relies on a particular other one.

#include <latent/nn/module.hpp>

namespace latent::nn {

/// Any shape -> the same shape and type. In train mode each value is 0 with probability p and otherwise divided by 1 -
/// p, by draws from context.rng, which moves on; in eval mode values pass as they are. See latent::dropout().
class Dropout : public Layer {
 public:
  /// @throws std::invalid_argument unless p is in [0, 1)
  explicit Dropout(double p);
  /// @throws std::invalid_argument in train mode without context.rng
  Tensor forward(const Tensor& x, const Context& context) const override;
  double p() const { return p_; }

 private:
  double p_;
};

}  // namespace latent::nn

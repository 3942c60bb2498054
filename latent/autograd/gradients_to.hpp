#pragma once
// Which leaves gradients are wanted for, and that they are wanted at all.

#include <latent/core/gradient_scope.hpp>

#include <vector>

namespace latent {

/// While one lives, operations of this thread record the way back to these leaves alone, as if no other tensor had
/// asked for a gradient: a generator's loss costs no gradients of the critic's weights, and a code can be fitted
/// through a decoder whose weights others use at the same time. Nests: the innermost one counts.
class GradientsTo {
 public:
  /// @param leaves  that require a gradient
  explicit GradientsTo(std::vector<Tensor> leaves) : leaves_(std::move(leaves)), scope_(leaves_) {}

 private:
  std::vector<Tensor> leaves_;
  detail::GradientScope scope_;
};

/// While one lives, operations of this thread record although a NoGrad lives around it: for what takes gradients inside,
/// as a search for a code does. Nests.
class WithGrad {
 public:
  WithGrad();
  ~WithGrad();
  WithGrad(const WithGrad&) = delete;
  WithGrad& operator=(const WithGrad&) = delete;

 private:
  bool previous_;
};

}  // namespace latent

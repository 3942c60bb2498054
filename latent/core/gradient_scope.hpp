#pragma once
// What autograd/gradients_to.hpp stands on: which leaves require a gradient, for one thread.

#include <latent/core/tensor.hpp>

#include <span>

namespace latent::detail {

/// While one lives, Tensor::requires_grad() is true for no leaf but these, on this thread.
class GradientScope {
 public:
  /// @param leaves  must outlive the scope
  explicit GradientScope(std::span<const Tensor> leaves);
  ~GradientScope();
  GradientScope(const GradientScope&) = delete;
  GradientScope& operator=(const GradientScope&) = delete;
  /// Whether gradients to a leaf are wanted where the innermost scope of this thread counts; true without one.
  static bool wants(const Tensor& leaf);

 private:
  std::span<const Tensor> leaves_;
  const GradientScope* outer_;
};

}  // namespace latent::detail

#include <latent/core/gradient_scope.hpp>

#include <algorithm>

namespace latent::detail {

namespace {

thread_local const GradientScope* innermost = nullptr;

}  // namespace

GradientScope::GradientScope(std::span<const Tensor> leaves) : leaves_(leaves), outer_(innermost) { innermost = this; }
GradientScope::~GradientScope() { innermost = outer_; }

bool GradientScope::wants(const Tensor& leaf) {
  return innermost == nullptr ||
         std::ranges::any_of(innermost->leaves_, [&](const Tensor& wanted) { return wanted.same_as(leaf); });
}

}  // namespace latent::detail

#pragma once
// Kernels of oneDNN that are one of several ways to do the same.

#include <latent/kernels/conv.hpp>

namespace latent::kernels::onednn {

/// As kernels::conv_backward_weight, for f32 and bf16 and N >= 1.
void conv_backward_weight(const Conv& conv, const void* x, const void* dy, void* dweight);

}  // namespace latent::kernels::onednn

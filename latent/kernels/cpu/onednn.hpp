#pragma once
// Kernels of oneDNN that are one of several ways to do the same.

#include <latent/kernels/conv.hpp>

#include <cstddef>

namespace latent::kernels::onednn {

/// As kernels::conv_backward_weight, for f32 and bf16 and N >= 1.
void conv_backward_weight(const Conv& conv, const void* x, const void* dy, void* dweight);

/// Primitives are kept by shape, for all threads together: at most so many beside those that calls are using.
constexpr size_t kMostIdlePrimitives = 512;
/// How many are kept now. For tests.
size_t idle_primitives();

}  // namespace latent::kernels::onednn

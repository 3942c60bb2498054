#pragma once
// Private to kernels/cpu: convolutions of 3x3 pixels with stride 1 by Winograd's method, in f32.

#include <latent/kernels/conv.hpp>

namespace latent::kernels::winograd {

/// Whether a convolution can be taken like this, and is faster so: f32, 3x3, stride 1, padding 1, many channels, and
/// images that tiles of 4x4 pixels fill well. Depends on the shape of one image alone, never on how many there are.
bool fits(const Conv& conv);

/// As conv_forward(), conv_backward_data() and conv_backward_weight() of what fits(). Results and gradients of x have
/// the same bits with any number of threads; the sums of the weights' gradient are of one share for each thread.
/// @throws std::bad_alloc
void forward(const Conv& conv, const float* x, const float* weight, const float* bias, Activation activation, float* y);
void backward_data(const Conv& conv, const float* dy, const float* weight, float* dx);
void backward_weight(const Conv& conv, const float* x, const float* dy, float* dweight);

}  // namespace latent::kernels::winograd

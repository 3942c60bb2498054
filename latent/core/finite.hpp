#pragma once
// Numbers that are none: NaN and infinity.

#include <latent/core/tensor.hpp>

namespace latent {

/// How many elements are NaN or infinite; 0 for integers, bool and undefined tensors.
int64_t count_not_finite(const Tensor& tensor);

}  // namespace latent

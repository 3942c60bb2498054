#pragma once
// Normalisation over batches and groups. Channels are the last dimension: (N, C) or (N, H, W, C).

#include <latent/core/tensor.hpp>

namespace latent {

/// Batch normalisation with the batch's own statistics (training): (x - mean_c) / sqrt(var_c + eps) * weight_c +
/// bias_c. The running statistics move towards the batch's by `momentum` (variance unbiased there), as in PyTorch.
/// @param x             (N, ..., C), f32, bf16 or f64
/// @param weight, bias  (C)
/// @param running_mean, running_var  (C), overwritten
Tensor batch_norm_train(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor running_mean,
                        Tensor running_var, double momentum = 0.1, double eps = 1e-5);
/// The same with fixed statistics (evaluation).
Tensor batch_norm_eval(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                       const Tensor& running_var, double eps = 1e-5);
/// Group normalisation: statistics per sample over each of `groups` groups of neighbouring channels.
/// @throws std::invalid_argument unless groups divides C
Tensor group_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t groups, double eps = 1e-5);

}  // namespace latent

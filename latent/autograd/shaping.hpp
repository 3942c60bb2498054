#pragma once
// Operations that move elements without changing them. Any floating type.

#include <latent/core/tensor.hpp>

#include <vector>

namespace latent {

/// The same elements under another shape (no copy). @throws std::invalid_argument if the number of elements differs
Tensor reshape(const Tensor& x, const Shape& shape);
/// (N, ...) -> (N, product of the rest).
Tensor flatten(const Tensor& x);
/// Columns [begin, end) of the last dimension: (..., D) -> (..., end - begin).
Tensor columns(const Tensor& x, int64_t begin, int64_t end);
/// Zeros before and after, along the last dimension: (..., D) -> (..., before + D + after).
Tensor pad_columns(const Tensor& x, int64_t before, int64_t after);
/// Side by side along the last dimension: (N, A), (N, B), ... -> (N, A + B + ...). At most kMaxInputs tensors.
Tensor concat_columns(const std::vector<Tensor>& parts);
/// Every row K times over: (N, ...) -> (K, N, ...).
Tensor repeat(const Tensor& x, int64_t K);
/// Rows by index (a lookup table): (V, ...) and M indices -> (M, ...). The gradient adds up where a row is taken twice.
Tensor gather_rows(const Tensor& x, std::span<const int64_t> indices);
/// Rows by ids in a tensor: (V, ...) and ids (N, L) -> (N, L, ...), for ids of any shape; i32, u8 or i64. The gradient
/// is dense, (V, ...), and adds up in the order of the ids. @throws std::invalid_argument for other types and ids
/// outside [0, V)
Tensor embedding(const Tensor& weight, const Tensor& ids);
/// Images as PyTorch orders them, to and from the order in which convolutions compute.
Tensor to_channels_last(const Tensor& x);   ///< (N, C, H, W) -> (N, H, W, C), (N, C, L) -> (N, L, C)
Tensor to_channels_first(const Tensor& x);  ///< (N, H, W, C) -> (N, C, H, W), (N, L, C) -> (N, C, L)

}  // namespace latent

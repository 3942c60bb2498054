#pragma once
// A matrix of word vectors as it is trained: rows that begin at whole vectors.

#include <latent/core/tensor.hpp>

#include <span>

namespace latent::words {

/// (rows, dim) f32, row after row, each followed by zeros up to `stride` numbers, so that rows begin at 64 bytes. The
/// memory is in large pages where the system has them. Copying copies the handle.
class EmbeddingTable {
 public:
  EmbeddingTable() = default;
  /// Zeros. @throws std::invalid_argument for rows < 0 or dim < 1; std::bad_alloc
  EmbeddingTable(int64_t rows, int64_t dim);
  /// A table whose memory a checkpoint holds. @param padded  (rows, stride), as padded() gives it; is copied
  /// @throws std::invalid_argument for another width
  static EmbeddingTable from_padded(const Tensor& padded, int64_t dim);
  /// floats from row to row: dim rounded up
  static int64_t stride_of(int64_t dim);

  int64_t rows() const { return rows_; }
  int64_t dim() const { return dim_; }
  int64_t stride() const { return stride_; }
  float* data() { return data_; }
  const float* data() const { return data_; }
  std::span<float> row(int64_t i) { return {data_ + i * stride_, static_cast<size_t>(dim_)}; }
  std::span<const float> row(int64_t i) const { return {data_ + i * stride_, static_cast<size_t>(dim_)}; }

  /// (rows, stride), the memory itself: for a checkpoint.
  const Tensor& padded() const { return padded_; }
  /// Rows [begin, end) as (n, dim), copied.
  Tensor rows_as_tensor(int64_t begin, int64_t end) const;
  /// All rows as (rows, dim), moved together within the memory that the table had; the table is empty then. No other
  /// copy of the handle may be in use.
  Tensor take();

 private:
  int64_t rows_ = 0, dim_ = 0, stride_ = 0;
  float* data_ = nullptr;
  Tensor padded_;
};

}  // namespace latent::words

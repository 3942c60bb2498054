#pragma once
// Samples of a dataset as batches, in memory that is used again and again.

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>

#include <span>

namespace latent {

class BatchReader {
 public:
  /// @param data      must outlive the reader
  /// @param capacity  the most samples of one batch
  BatchReader(const data::Dataset& data, int64_t capacity);
  /// The samples `indices`, with their labels where the data has any. Valid until the next call, which overwrites it.
  const Batch& read(std::span<const int64_t> indices);
  /// Samples [begin, end).
  const Batch& range(int64_t begin, int64_t end);

 private:
  const data::Dataset& data_;
  Tensor memory_;  // (capacity, ...)
  Batch batch_;
  std::vector<int64_t> indices_;
};

}  // namespace latent

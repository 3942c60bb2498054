#pragma once
// Samples of a dataset as batches, in memory that is used again and again.

#include <latent/data/augmentation.hpp>
#include <latent/data/corrupt.hpp>
#include <latent/models/latent_model.hpp>

#include <span>

namespace latent {

/// Batches have the type and rank of the data: f32, i32 or u8.
class BatchReader {
 public:
  /// @param data      must outlive the reader
  /// @param capacity  the most samples of one batch
  /// @param corruption    what the batch's input suffers, beside its clean x
  /// @param augmentation  what x and input both go through before that
  /// @throws std::invalid_argument if corruption or augmentation does not fit the data; samples that are not f32 take
  /// none
  BatchReader(const data::Dataset& data, int64_t capacity, const data::Corruption& corruption = {},
              const data::Augmentation& augmentation = {});
  /// The samples `indices`, with their labels where the data has any. Valid until the next call, which overwrites it.
  /// @param tape  a sample is augmented and damaged by draws that depend on the tape and its number
  const Batch& read(std::span<const int64_t> indices, const Rng& tape = Rng(0));
  /// The same, with new draws of values that are drawn from what is stored (Dataset::gather_anew()).
  const Batch& read_anew(std::span<const int64_t> indices, const Rng& tape);
  /// Samples [begin, end).
  const Batch& range(int64_t begin, int64_t end, const Rng& tape = Rng(0));

 private:
  const Batch& finish(std::span<const int64_t> indices, const Rng& tape);

  const data::Dataset& data_;
  data::Augmenter augmenter_;
  data::Corruptor corruptor_;
  Tensor memory_;        // (capacity, ...)
  Tensor input_memory_;  // (capacity, ...), undefined where nothing is damaged
  Batch batch_;
  std::vector<int64_t> indices_;
};

}  // namespace latent

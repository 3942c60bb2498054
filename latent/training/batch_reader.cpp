#include <latent/training/batch_reader.hpp>

#include <numeric>
#include <utility>

namespace latent {

namespace {

constexpr uint64_t kAugmentStream = 0x6175676d656e74;  // beside the numbers of samples, for damage

Tensor first_rows(const Tensor& memory, int64_t n) { return n == memory.dim(0) ? memory : memory.rows(0, n); }

}  // namespace

BatchReader::BatchReader(const data::Dataset& data, int64_t capacity, const data::Corruption& corruption,
                         const data::Augmentation& augmentation)
    : data_(data),
      augmenter_(augmentation, data),
      corruptor_(corruption, data),
      memory_(Tensor::empty(data.sample_shape().prepend(capacity), data.value_dtype())) {
  LATENT_CHECK(data.value_dtype() == DType::f32 || (corruption.empty() && augmentation.empty()),
               "[batches] only f32 samples can be damaged or augmented, got {}", name_of(data.value_dtype()));
  if (!corruption.empty()) input_memory_ = Tensor::empty(memory_.shape());
  batch_.x = memory_;
}

const Batch& BatchReader::read(std::span<const int64_t> indices, const Rng& tape) {
  batch_.x = first_rows(memory_, static_cast<int64_t>(indices.size()));
  data_.gather_values(indices, batch_.x);
  return finish(indices, tape);
}

const Batch& BatchReader::read_anew(std::span<const int64_t> indices, const Rng& tape) {
  constexpr uint64_t kValues = 0x76616c756573;  // apart from the damage
  batch_.x = first_rows(memory_, static_cast<int64_t>(indices.size()));
  if (data_.value_dtype() == DType::f32) {
    data_.gather_anew(indices, tape.fork(kValues), batch_.x.span<float>());
  } else {
    data_.gather_values(indices, batch_.x);
  }
  return finish(indices, tape);
}

const Batch& BatchReader::finish(std::span<const int64_t> indices, const Rng& tape) {
  if (batch_.x.dtype() == DType::f32) {
    augmenter_.apply(indices, tape.fork(kAugmentStream), batch_.x.span<float>());
  }
  if (input_memory_.defined()) {
    batch_.input = first_rows(input_memory_, static_cast<int64_t>(indices.size()));
    corruptor_.apply(indices, tape, std::as_const(batch_.x).span<float>(), batch_.input.span<float>());
  }
  const std::span<const int64_t> labels = data_.labels();
  batch_.labels.clear();
  if (!labels.empty()) {
    for (const int64_t i : indices) batch_.labels.push_back(labels[static_cast<size_t>(i)]);
  }
  return batch_;
}

const Batch& BatchReader::range(int64_t begin, int64_t end, const Rng& tape) {
  indices_.resize(static_cast<size_t>(end - begin));
  std::iota(indices_.begin(), indices_.end(), begin);
  return read(indices_, tape);
}

}  // namespace latent

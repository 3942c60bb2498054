#include <latent/training/batch_reader.hpp>

#include <numeric>

namespace latent {

BatchReader::BatchReader(const data::Dataset& data, int64_t capacity)
    : data_(data), memory_(Tensor::empty(data.sample_shape().prepend(capacity))) {
  batch_.x = memory_;
}

const Batch& BatchReader::read(std::span<const int64_t> indices) {
  const auto n = static_cast<int64_t>(indices.size());
  batch_.x = n == memory_.dim(0) ? memory_ : memory_.rows(0, n);
  data_.gather(indices, batch_.x.span<float>());
  const std::span<const int64_t> labels = data_.labels();
  batch_.labels.clear();
  if (!labels.empty()) {
    for (const int64_t i : indices) batch_.labels.push_back(labels[static_cast<size_t>(i)]);
  }
  return batch_;
}

const Batch& BatchReader::range(int64_t begin, int64_t end) {
  indices_.resize(static_cast<size_t>(end - begin));
  std::iota(indices_.begin(), indices_.end(), begin);
  return read(indices_);
}

}  // namespace latent

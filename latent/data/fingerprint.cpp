#include <latent/data/fingerprint.hpp>

#include <latent/formats/checksum.hpp>

#include <algorithm>

namespace latent::data {

int64_t samples_to_fingerprint(const Dataset& samples) {
  constexpr int64_t kInMemory = int64_t{8} << 30, kMapped = int64_t{1} << 30;
  const int64_t bytes = std::max<int64_t>(samples.sample_shape().numel() * static_cast<int64_t>(sizeof(float)), 1);
  const int64_t most = std::max<int64_t>((samples.storage().mapped ? kMapped : kInMemory) / bytes, 1);
  return std::min(samples.size(), most);
}

uint64_t fingerprint(const Dataset& samples, int64_t count) {
  LATENT_CHECK(0 <= count && count <= samples.size(), "[fingerprint] {} of {} samples", count, samples.size());
  constexpr int64_t kValuesAtOnce = int64_t{1} << 20;
  const int64_t numel = samples.sample_shape().numel(), size = samples.size();
  const int64_t block = std::max<int64_t>(kValuesAtOnce / std::max<int64_t>(numel, 1), 1);
  std::vector<float> values;
  std::vector<int64_t> indices;
  uint64_t hash = static_cast<uint64_t>(size);
  for (int64_t begin = 0; begin < count; begin += block) {
    const int64_t end = std::min(begin + block, count);
    indices.clear();
    // i * size / count without an overflow
    for (int64_t i = begin; i < end; ++i) indices.push_back(i * (size / count) + i * (size % count) / count);
    values.resize(static_cast<size_t>((end - begin) * numel));
    samples.gather(indices, values);
    hash = xxh64(std::as_bytes(std::span(values)), hash);
  }
  return hash;
}

}  // namespace latent::data

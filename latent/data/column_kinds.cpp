#include <latent/data/column_kinds.hpp>

#include <latent/core/shuffle.hpp>
#include <latent/core/threads.hpp>

#include <algorithm>

namespace latent::data {

namespace {

constexpr uint64_t kSampleSeed = 0x6b696e64;  // "kind"

// At most so many samples, in their order.
Tensor some_samples(const Dataset& data, int64_t count) {
  if (count >= data.size()) return data.range(0, data.size());
  std::vector<int64_t> indices(static_cast<size_t>(count));
  Shuffle(data.size(), Rng(kSampleSeed)).read(0, indices);
  std::sort(indices.begin(), indices.end());
  return data.batch(indices);
}

}  // namespace

std::vector<std::vector<float>> distinct_values(const Dataset& data, size_t most) {
  constexpr int64_t kValuesAtOnce = int64_t{1} << 22, kGrain = 16;
  const int64_t D = data.sample_shape().numel(), rows = std::max<int64_t>(kValuesAtOnce / D, 1);
  std::vector<std::vector<float>> found(static_cast<size_t>(D));
  std::vector<size_t> open(found.size());  // columns that may have more
  for (size_t c = 0; c < open.size(); ++c) open[c] = c;
  for (int64_t begin = 0; begin < data.size() && !open.empty(); begin += rows) {
    const Tensor x = data.range(begin, std::min(begin + rows, data.size()));
    parallel_for(static_cast<int64_t>(open.size()), kGrain, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const size_t c = open[static_cast<size_t>(i)];
        std::vector<float>& values = found[c];
        const float* value = x.data<float>() + c;
        for (int64_t row = 0; row < x.dim(0) && values.size() < most; ++row, value += D) {
          if (std::find(values.begin(), values.end(), *value) == values.end()) values.push_back(*value);
        }
      }
    });
    std::erase_if(open, [&](size_t c) { return found[c].size() >= most; });
  }
  return found;
}

std::vector<TableColumn> column_kinds(const Dataset& training) {
  constexpr int64_t kMostSamples = 100'000, kLeastSamples = 1'000, kMostValues = int64_t{1} << 26;
  LATENT_CHECK(training.size() > 0, "[column_kinds] the set has no samples");
  const int64_t D = training.sample_shape().numel();
  const std::vector<std::vector<float>> distinct = distinct_values(training, 3);
  const Tensor x = some_samples(training, std::clamp(kMostValues / D, kLeastSamples, kMostSamples));
  const int64_t samples = x.dim(0);
  std::vector<TableColumn> columns(static_cast<size_t>(D));
  parallel_for(D, 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      // With its first distinct values, whatever was drawn: they decide what is constant or binary.
      std::vector<float> column = distinct[static_cast<size_t>(c)];
      if (column.size() > 2) {
        if (samples == training.size()) column.clear();
        for (int64_t row = 0; row < samples; ++row) column.push_back(x.data<float>()[row * D + c]);
      }
      columns[static_cast<size_t>(c)] = column_of(column);
    }
  });
  return columns;
}

}  // namespace latent::data

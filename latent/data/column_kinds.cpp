#include <latent/data/column_kinds.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>

namespace latent::data {

std::vector<TableColumn> column_kinds(const Dataset& training) {
  constexpr int64_t kMostSamples = 100'000, kLeastSamples = 1'000, kMostValues = int64_t{1} << 26;
  LATENT_CHECK(training.size() > 0, "[column_kinds] the set has no samples");
  const int64_t D = training.sample_shape().numel();
  const int64_t samples = std::min(training.size(), std::clamp(kMostValues / D, kLeastSamples, kMostSamples));
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < samples; ++i) indices.push_back(i * training.size() / samples);
  const Tensor x = training.batch(indices);
  const auto* values = x.data<float>();
  std::vector<TableColumn> columns(static_cast<size_t>(D));
  parallel_for(D, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> column(static_cast<size_t>(samples));
    for (int64_t c = begin; c < end; ++c) {
      for (int64_t row = 0; row < samples; ++row) column[static_cast<size_t>(row)] = values[row * D + c];
      columns[static_cast<size_t>(c)] = column_of(column);
    }
  });
  return columns;
}

}  // namespace latent::data

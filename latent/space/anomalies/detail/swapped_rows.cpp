#include <latent/space/anomalies/detail/swapped_rows.hpp>

#include <latent/core/rng.hpp>

#include <algorithm>

namespace latent::space {

SwappedRows swapped_rows(const Tensor& reference, int64_t count) {
  constexpr uint64_t kSeed = 0x73776170;  // "swap"
  const int64_t M = reference.dim(0), P = reference.dim(1);
  const auto row_of = [&](int64_t m) { return reference.data<float>() + m * P; };
  Rng rng(kSeed);
  SwappedRows swapped;
  std::vector<float> values, row(static_cast<size_t>(P));
  for (int64_t i = 0; i < count; ++i) {
    const auto a = static_cast<int64_t>(rng.below(static_cast<uint64_t>(M)));
    const auto b = static_cast<int64_t>(rng.below(static_cast<uint64_t>(M)));
    for (int64_t p = 0; p < P; ++p) row[static_cast<size_t>(p)] = row_of(rng.below(2) == 0 ? a : b)[p];
    if (std::equal(row.begin(), row.end(), row_of(a)) || std::equal(row.begin(), row.end(), row_of(b))) continue;
    values.insert(values.end(), row.begin(), row.end());
    swapped.parents.push_back({a, b});
  }
  const auto S = static_cast<int64_t>(swapped.parents.size());
  if (S > 0) swapped.x = Tensor::from(std::span<const float>(values), {S, P});
  return swapped;
}

}  // namespace latent::space

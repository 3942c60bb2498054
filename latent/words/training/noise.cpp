#include <latent/words/training/noise.hpp>

#include <latent/core/error.hpp>

#include <algorithm>
#include <cmath>

namespace latent::words {

NoiseDistribution::NoiseDistribution(const Vocabulary& vocabulary, double exponent) {
  const auto V = static_cast<size_t>(vocabulary.size());
  LATENT_CHECK(V > 0, "[words] no words to draw from");
  std::vector<double> share(V);
  double sum = 0.0;
  for (size_t word = 0; word < V; ++word) {
    const auto count = static_cast<double>(vocabulary.count(static_cast<int64_t>(word)));
    sum += share[word] = count > 0.0 ? std::pow(count, exponent) : 0.0;
  }
  for (double& s : share) s = sum > 0.0 ? s / sum * static_cast<double>(V) : 1.0;  // in units of a column

  std::vector<int32_t> small, large;
  for (size_t word = V; word-- > 0;) (share[word] < 1.0 ? small : large).push_back(static_cast<int32_t>(word));
  columns_.resize(V);
  while (!small.empty() && !large.empty()) {
    const int32_t low = small.back(), high = large.back();
    small.pop_back();
    const double own = share[static_cast<size_t>(low)];
    columns_[static_cast<size_t>(low)] = {static_cast<uint32_t>(std::min(own * 0x1p32, 0x1p32 - 1.0)), low, high};
    double& rest = share[static_cast<size_t>(high)];
    rest -= 1.0 - own;
    if (rest < 1.0) {
      large.pop_back();
      small.push_back(high);
    }
  }
  // What rounding leaves over are whole columns.
  for (const auto* left : {&small, &large}) {
    for (const int32_t word : *left) columns_[static_cast<size_t>(word)] = {UINT32_MAX, word, word};
  }
}

}  // namespace latent::words

#include <latent/data/stratified.hpp>

#include <latent/core/shuffle.hpp>

#include <algorithm>
#include <numeric>

namespace latent::data {

namespace {

// How many places each class gets of `count`, which is at most the sum of the sizes.
std::vector<int64_t> quotas_of(const std::vector<int64_t>& sizes, int64_t count, Rng rng) {
  std::vector<int64_t> quotas(sizes.size()), open;
  for (size_t c = 0; c < sizes.size(); ++c) {
    if (sizes[c] > 0) open.push_back(static_cast<int64_t>(c));
  }
  while (count > 0) {
    const int64_t share = count / static_cast<int64_t>(open.size());
    if (share == 0) {  // one each, for as many as there are places
      const std::vector<int64_t> order = rng.permutation(static_cast<int64_t>(open.size()));
      for (int64_t i = 0; i < count; ++i)
        ++quotas[static_cast<size_t>(open[static_cast<size_t>(order[static_cast<size_t>(i)])])];
      break;
    }
    for (const int64_t c : open) {
      const auto at = static_cast<size_t>(c);
      const int64_t given = std::min(share, sizes[at] - quotas[at]);
      quotas[at] += given;
      count -= given;
    }
    std::erase_if(open, [&](int64_t c) { return quotas[static_cast<size_t>(c)] == sizes[static_cast<size_t>(c)]; });
  }
  return quotas;
}

}  // namespace

std::vector<int64_t> stratified_sample(const Dataset& data, int64_t count, const Rng& rng) {
  LATENT_CHECK(count >= 0, "[stratified_sample] count must not be negative, got {}", count);
  constexpr uint64_t kOrder = 0x6f72646572, kClasses = 0x636c617373;  // "order", "class"
  const std::span<const int64_t> labels = data.labels();
  count = std::min(count, data.size());
  const Shuffle order(data.size(), rng.fork(kOrder));
  std::vector<int64_t> chosen;
  if (labels.empty()) {
    chosen.resize(static_cast<size_t>(count));
    order.read(0, chosen);
    std::ranges::sort(chosen);
    return chosen;
  }
  std::vector<int64_t> sizes(data.class_names().size());
  for (const int64_t label : labels) ++sizes[static_cast<size_t>(label)];
  std::vector<int64_t> quotas = quotas_of(sizes, count, rng.fork(kClasses));
  for (int64_t place = 0; static_cast<int64_t>(chosen.size()) < count; ++place) {
    const int64_t index = order[place];
    int64_t& quota = quotas[static_cast<size_t>(labels[static_cast<size_t>(index)])];
    if (quota == 0) continue;
    --quota;
    chosen.push_back(index);
  }
  const auto label_of = [&](int64_t index) { return labels[static_cast<size_t>(index)]; };
  std::ranges::sort(
      chosen, [&](int64_t a, int64_t b) { return label_of(a) != label_of(b) ? label_of(a) < label_of(b) : a < b; });
  return chosen;
}

std::vector<int64_t> subsample(int64_t total, int64_t count, Rng rng) {
  if (count >= total) {
    std::vector<int64_t> all(static_cast<size_t>(total));
    std::iota(all.begin(), all.end(), int64_t{0});
    return all;
  }
  std::vector<int64_t> chosen = rng.permutation(total);
  chosen.resize(static_cast<size_t>(count));
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::shared_ptr<const Dataset> at_most(std::shared_ptr<const Dataset> samples, int64_t most, const Rng& rng) {
  if (samples->size() <= most) return samples;
  std::vector<int64_t> chosen = subsample(samples->size(), most, rng);
  return subset(std::move(samples), std::move(chosen));
}

}  // namespace latent::data

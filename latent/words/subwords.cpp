#include <latent/words/subwords.hpp>

#include <latent/core/error.hpp>

#include <string>

namespace latent::words {

namespace {
bool is_continuation(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }
}  // namespace

uint32_t fasttext_hash(std::string_view bytes) {
  constexpr uint32_t kOffset = 2166136261u, kPrime = 16777619u;
  uint32_t hash = kOffset;
  for (const char c : bytes) hash = (hash ^ static_cast<uint32_t>(static_cast<int8_t>(c))) * kPrime;
  return hash;
}

std::vector<int32_t> subword_buckets(std::string_view word, int min_n, int max_n, int64_t buckets) {
  if (max_n == 0 || word == "</s>") return {};
  LATENT_CHECK(min_n >= 1 && max_n >= min_n, "[subword_buckets] n-grams of {} to {} characters", min_n, max_n);
  LATENT_CHECK(buckets >= 1 && buckets <= INT32_MAX, "[subword_buckets] buckets = {}", buckets);
  std::vector<int32_t> found;
  const std::string marked = '<' + std::string(word) + '>';
  for (size_t begin = 0; begin < marked.size(); ++begin) {
    if (is_continuation(marked[begin])) continue;
    size_t end = begin;
    for (int n = 1; n <= max_n && end < marked.size(); ++n) {
      ++end;
      while (end < marked.size() && is_continuation(marked[end])) ++end;
      const bool is_mark = n == 1 && (begin == 0 || end == marked.size());
      if (n < min_n || is_mark) continue;
      const uint32_t hash = fasttext_hash(std::string_view(marked).substr(begin, end - begin));
      found.push_back(static_cast<int32_t>(hash % static_cast<uint32_t>(buckets)));
    }
  }
  return found;
}

}  // namespace latent::words

#pragma once
// A hash of the bytes of words, eight at a time, for open addressing: the same on every machine.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace latent::text {

/// 64 bits that depend on all bytes of `word`, the low and the high ones alike well mixed. Not for secrets.
/// Source: multiplication and folding of the 128-bit product, as in wyhash (Wang Yi 2019).
inline uint64_t word_hash(std::string_view word) {
  constexpr uint64_t kFirst = 0xa0761d6478bd642fULL, kSecond = 0xe7037ed1a0b428dbULL;
  const auto mix = [](uint64_t a, uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  const char* at = word.data();
  size_t left = word.size();
  uint64_t hash = kFirst ^ word.size();
  while (left > 8) {
    uint64_t eight;
    std::memcpy(&eight, at, sizeof(eight));
    hash = mix(hash ^ eight, kSecond);
    at += 8;
    left -= 8;
  }
  uint64_t rest = 0;
  std::memcpy(&rest, at, left);
  return mix(hash ^ rest, kSecond) ^ hash;
}

}  // namespace latent::text

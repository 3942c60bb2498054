#include <latent/core/error.hpp>
#include <latent/core/shuffle.hpp>

#include <bit>

namespace latent {

namespace {

// The finalizer of SplitMix64 (Steele, Lea & Flood 2014): every bit of the sum decides every bit of the result.
uint64_t mix(uint64_t value, uint64_t key) {
  uint64_t z = value + key;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t mask(int bits) { return (uint64_t{1} << bits) - 1; }

}  // namespace

Shuffle::Shuffle(int64_t n, Rng rng) : n_(n) {
  LATENT_CHECK(n >= 0, "[shuffle] of {} things", n);
  if (n <= kListed) {
    list_ = rng.permutation(n);
    return;
  }
  const auto bits = static_cast<int>(std::bit_width(static_cast<uint64_t>(n - 1)));
  low_bits_ = bits / 2;
  high_bits_ = bits - low_bits_;
  for (uint64_t& key : keys_) key = rng.below(~uint64_t{0});
}

// A permutation of all numbers of low_bits_ + high_bits_ bits: each round changes one half by a function of the other.
uint64_t Shuffle::round_trip(uint64_t value) const {
  uint64_t low = value & mask(low_bits_), high = value >> low_bits_;
  for (size_t round = 0; round < keys_.size(); round += 2) {
    low ^= mix(high, keys_[round]) & mask(low_bits_);
    high ^= mix(low, keys_[round + 1]) & mask(high_bits_);
  }
  return high << low_bits_ | low;
}

int64_t Shuffle::operator[](int64_t i) const {
  if (!list_.empty()) return list_[static_cast<size_t>(i)];
  // Fewer than half of the numbers are n or more: a step or two lead back below n, and no two places to the same
  // number.
  auto value = static_cast<uint64_t>(i);
  do {
    value = round_trip(value);
  } while (value >= static_cast<uint64_t>(n_));
  return static_cast<int64_t>(value);
}

void Shuffle::read(int64_t begin, std::span<int64_t> out) const {
  for (size_t i = 0; i < out.size(); ++i) out[i] = (*this)[begin + static_cast<int64_t>(i)];
}

}  // namespace latent

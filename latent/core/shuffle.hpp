#pragma once
// A random order of many things, without a list of them.

#include <latent/core/rng.hpp>

#include <array>
#include <span>
#include <vector>

namespace latent {

/// A random order of 0 ... n-1 that depends on n and the tape alone. Up to kListed numbers: Rng::permutation(). Above,
/// a Feistel network whose rounds are keyed by the tape computes each place when it is asked for, so that 10^9 samples
/// need no more memory than one (Black & Rogaway 2002, "Ciphers with arbitrary finite domains": cycle walking).
class Shuffle {
 public:
  static constexpr int64_t kListed = int64_t{1} << 20;

  /// @throws std::invalid_argument for n < 0
  Shuffle(int64_t n, Rng rng);
  int64_t size() const { return n_; }
  /// What stands at place i, in [0, n).
  int64_t operator[](int64_t i) const;
  /// What stands at the places begin, begin + 1, ...
  void read(int64_t begin, std::span<int64_t> out) const;

 private:
  uint64_t round_trip(uint64_t value) const;

  int64_t n_;
  std::vector<int64_t> list_;  // empty above kListed
  int low_bits_ = 0, high_bits_ = 0;
  std::array<uint64_t, 8> keys_{};
};

}  // namespace latent

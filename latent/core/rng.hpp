#pragma once
// Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace latent {

/// Four 32-bit words that depend on (seed, stream, block) alone.
std::array<uint32_t, 4> philox(uint64_t seed, uint64_t stream, uint64_t block);

/// A position in an endless tape of random numbers. The tape is named by (seed, stream); every draw is a function of
/// (seed, stream, position), whatever the number of threads. A value type: a copy repeats the same draws.
class Rng {
 public:
  struct State {
    uint64_t seed = 0;
    uint64_t stream = 0;
    uint64_t block = 0;  ///< blocks of four words consumed so far
    friend bool operator==(const State&, const State&) = default;
  };

  explicit Rng(uint64_t seed, uint64_t stream = 0) : state_{seed, stream, 0} {}
  explicit Rng(const State& state) : state_(state) {}

  const State& state() const { return state_; }
  /// A tape of its own for a named purpose ("shuffle", "eps", epoch 7 ...): mixes `label` into the stream.
  Rng fork(uint64_t label) const;

  /// Independent standard normal draws (Box-Muller on pairs of words). Consumes ceil(n / 4) blocks.
  void normal(std::span<float> out);
  void normal(std::span<double> out);
  /// Uniform on [0, 1) with 24 random bits. Consumes ceil(n / 4) blocks.
  void uniform(std::span<float> out);
  /// Uniform on [0, 1) with 53 random bits. Consumes one block.
  double uniform();
  /// Uniform integer on [0, bound), without bias. @throws std::invalid_argument if bound is 0
  uint64_t below(uint64_t bound);
  /// A random order of 0 ... n-1 (Fisher-Yates).
  std::vector<int64_t> permutation(int64_t n);

 private:
  State state_;
};

}  // namespace latent

#include <latent/core/rng.hpp>

#include <latent/core/error.hpp>
#include <latent/core/threads.hpp>

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace latent {

namespace {

// 24 random bits on [0, 1).
float unit_float(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

// A pair of normals from a pair of words. The first uniform is moved off zero, whose logarithm does not exist.
template <class T>
std::pair<T, T> box_muller(uint32_t a, uint32_t b) {
  const T u1 = (static_cast<T>(a >> 8) + T(0.5)) * T(0x1p-24);
  const T u2 = static_cast<T>(b >> 8) * T(0x1p-24);
  const T radius = std::sqrt(T(-2) * std::log(u1));
  const T angle = T(2) * std::numbers::pi_v<T> * u2;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

// Four numbers for each block of the counter, so that threads need not ask each other for the next.
template <class T>
void fill_normal(Rng::State& state, std::span<T> out) {
  constexpr int64_t kBlocksPerThread = 256;
  const auto blocks = static_cast<int64_t>((out.size() + 3) / 4);
  parallel_for(blocks, kBlocksPerThread, [&](int64_t begin, int64_t end) {
    for (auto block = static_cast<size_t>(begin); block < static_cast<size_t>(end); ++block) {
      const auto words = philox(state.seed, state.stream, state.block + block);
      const auto [n0, n1] = box_muller<T>(words[0], words[1]);
      const auto [n2, n3] = box_muller<T>(words[2], words[3]);
      const std::array<T, 4> normals{n0, n1, n2, n3};
      for (size_t j = 0; j < 4 && 4 * block + j < out.size(); ++j) out[4 * block + j] = normals[j];
    }
  });
  state.block += static_cast<uint64_t>(blocks);
}

}  // namespace

std::array<uint32_t, 4> philox(uint64_t seed, uint64_t stream, uint64_t block) {
  const auto low = [](uint64_t v) { return static_cast<uint32_t>(v); };
  const auto high = [](uint64_t v) { return static_cast<uint32_t>(v >> 32); };
  const r123::Philox4x32::ctr_type counter{{low(block), high(block), low(stream), high(stream)}};
  const r123::Philox4x32::key_type key{{low(seed), high(seed)}};
  const auto words = r123::Philox4x32{}(counter, key);
  return {words[0], words[1], words[2], words[3]};
}

Rng Rng::fork(uint64_t label) const {
  // A block that no draw uses (the top bit of its number is set) names the new stream.
  const auto words = philox(state_.seed, state_.stream, label | (uint64_t{1} << 63));
  return Rng(State{state_.seed, (uint64_t{words[1]} << 32) | words[0], 0});
}

void Rng::normal(std::span<float> out) { fill_normal(state_, out); }
void Rng::normal(std::span<double> out) { fill_normal(state_, out); }

void Rng::uniform(std::span<float> out) {
  for (size_t i = 0; i < out.size(); i += 4) {
    const auto words = philox(state_.seed, state_.stream, state_.block++);
    for (size_t j = 0; j < 4 && i + j < out.size(); ++j) out[i + j] = unit_float(words[j]);
  }
}

double Rng::uniform() {
  const auto words = philox(state_.seed, state_.stream, state_.block++);
  const uint64_t bits = (uint64_t{words[0]} << 32) | words[1];
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

uint64_t Rng::below(uint64_t bound) {
  LATENT_CHECK(bound > 0, "[rng] below(0) has no values");
  // Lemire's multiply-and-reject on 64-bit words.
  const uint64_t threshold = (0 - bound) % bound;
  while (true) {
    const auto words = philox(state_.seed, state_.stream, state_.block++);
    const auto word = (uint64_t{words[0]} << 32) | words[1];
    const auto product = static_cast<unsigned __int128>(word) * bound;
    if (static_cast<uint64_t>(product) >= threshold) return static_cast<uint64_t>(product >> 64);
  }
}

std::vector<int64_t> Rng::permutation(int64_t n) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (int64_t i = n - 1; i > 0; --i) {
    std::swap(order[static_cast<size_t>(i)], order[below(static_cast<uint64_t>(i) + 1)]);
  }
  return order;
}

}  // namespace latent

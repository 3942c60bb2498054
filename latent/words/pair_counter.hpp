#pragma once
// Counts of pairs of words, each pair a number.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace latent::words {

/// How often numbers were met, in a table with open addressing. Of one thread at a time.
class PairCounter {
 public:
  /// Well mixed bits of a key.
  static uint64_t hash(uint64_t key) {  // the finaliser of SplitMix64
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9ULL;
    key = (key ^ (key >> 27)) * 0x94d049bb133111ebULL;
    return key ^ (key >> 31);
  }
  void add(uint64_t key, int64_t count = 1) {
    if (used_ * 10 >= slots_.size() * 7) grow();
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash(key) & mask;; at = (at + 1) & mask) {
      Slot& slot = slots_[at];
      if (slot.count == 0) {
        slot.key = key;
        ++used_;
      } else if (slot.key != key) {
        continue;
      }
      slot.count += count;
      return;
    }
  }
  /// Forgets what was met less than `least` times.
  void drop_below(int64_t least) {
    PairCounter kept;
    for_each([&](uint64_t key, int64_t count) {
      if (count >= least) kept.add(key, count);
    });
    *this = std::move(kept);
  }
  /// body(key, count) for each key, in an order that depends on the keys alone.
  template <class Body>
  void for_each(const Body& body) const {
    for (const Slot& slot : slots_) {
      if (slot.count > 0) body(slot.key, slot.count);
    }
  }
  size_t size() const { return used_; }
  int64_t memory() const { return static_cast<int64_t>(slots_.size() * sizeof(Slot)); }

 private:
  struct Slot {
    uint64_t key = 0;
    int64_t count = 0;  // 0: free
  };
  void grow() {
    constexpr size_t kLeast = size_t{1} << 10;
    std::vector<Slot> before(slots_.empty() ? kLeast : 2 * slots_.size());
    before.swap(slots_);
    used_ = 0;
    for (const Slot& slot : before) {
      if (slot.count > 0) add(slot.key, slot.count);
    }
  }

  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace latent::words

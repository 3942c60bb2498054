#pragma once
// Asymmetric numeral systems: a stack of symbols that takes as many bits as they have information.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace latent::compression {

/// A symbol's share of the probability: [start, start + size) of 2^bits.
struct Interval {
  uint32_t start = 0;
  uint32_t size = 1;
};

/// A range asymmetric numeral system with a state of 64 bits in [2^31, 2^63), renormalised by words of 32 bits.
/// push() puts a symbol on top, peek() and pop() take it off: each is the exact inverse of the other. A value type; not
/// for two threads at once.
/// Source: Duda 2014, arXiv:1311.2540; Giesen 2014, arXiv:1402.3392.
class RansStack {
 public:
  /// Most bits of a probability.
  static constexpr int kMaxBits = 28;

  /// A stack that is empty, but never runs out: what is popped from it before anything was pushed are the draws of a
  /// tape of random words, the "initial bits" of bits-back coding.
  /// @param tape  names the tape
  static RansStack primed(uint64_t tape);
  /// An empty stack that has nothing to pop.
  static RansStack empty();
  /// The stack that `words` (from to_words()) holds.
  /// @return nothing if they cannot be a stack: fewer than two words, or a state out of range
  static std::optional<RansStack> from_words(std::span<const uint32_t> words);

  /// @param bits   1 ... kMaxBits; the interval lies in [0, 2^bits) and is not empty
  /// @param shift  turns the circle of the 2^bits slots, so that what was pushed before does not choose what is popped
  ///               next; the same for push, peek and pop
  void push(Interval interval, int bits, uint32_t shift = 0) {
    const uint64_t limit = ((kLow >> bits) << 32) * interval.size;
    if (state_ >= limit) {
      words_.push_back(static_cast<uint32_t>(state_));
      state_ >>= 32;
    }
    const uint64_t slot = (state_ % interval.size + interval.start - shift) & mask(bits);
    state_ = ((state_ / interval.size) << bits) + slot;
  }
  /// A number in [0, 2^bits) that lies in the top symbol's interval.
  uint32_t peek(int bits, uint32_t shift = 0) const { return static_cast<uint32_t>((state_ + shift) & mask(bits)); }
  /// Takes the top symbol off. @param interval  the one that holds peek(bits, shift)
  void pop(Interval interval, int bits, uint32_t shift = 0) {
    state_ = interval.size * (state_ >> bits) + peek(bits, shift) - interval.start;
    if (state_ < kLow) state_ = (state_ << 32) | take_word();
  }

  /// Whether more was popped than was ever pushed, from a stack that is not primed: the words were damaged.
  bool overdrawn() const { return overdrawn_; }
  /// Words of the tape that were popped, the state's own two included. 0 unless primed.
  uint64_t initial_words() const { return primed_ ? drawn_ + 2 : 0; }
  /// Whether all that was ever pushed is popped again, down to the tape that the stack was primed with.
  bool is_back_to(uint64_t tape) const;
  /// Words that it takes: of a stack that is back to its tape, what initial_words() was when all had been pushed.
  uint64_t size_in_words() const { return words_.size() + 2; }
  bool is_empty() const { return words_.empty() && state_ == kLow && !overdrawn_; }

  /// All that must be kept: words, and the state in the last two.
  std::vector<uint32_t> to_words() const;

 private:
  static constexpr uint64_t kLow = uint64_t{1} << 31;
  static constexpr uint64_t mask(int bits) { return (uint64_t{1} << bits) - 1; }

  uint32_t take_word();

  uint64_t state_ = kLow;
  std::vector<uint32_t> words_;
  uint64_t tape_ = 0, drawn_ = 0;
  bool primed_ = false, overdrawn_ = false;
};

/// Images that are coded together, each on a stack of its own; null where there is no image.
constexpr size_t kStacksTogether = 16;
using LaneStacks = std::array<RansStack*, kStacksTogether>;

}  // namespace latent::compression

#include <latent/compression/rans.hpp>

#include <latent/core/rng.hpp>

namespace latent::compression {

namespace {

// The tapes belong to the format: an archive is checked against them.
constexpr uint64_t kTapeSeed = 0x626974732d626163;

uint32_t tape_word(uint64_t tape, uint64_t index) { return philox(kTapeSeed, tape, index / 4)[index % 4]; }

// A state of 62 random bits: small ones would make the first draws not random at all.
uint64_t first_state(uint64_t tape) {
  constexpr uint64_t kLast = ~uint64_t{0};
  const std::array<uint32_t, 4> words = philox(kTapeSeed, tape, kLast);
  const uint64_t bits = (uint64_t{words[0]} << 32) | words[1];
  return (bits >> 2) | (uint64_t{1} << 62);
}

}  // namespace

RansStack RansStack::primed(uint64_t tape) {
  RansStack stack;
  stack.primed_ = true;
  stack.tape_ = tape;
  stack.state_ = first_state(tape);
  return stack;
}

RansStack RansStack::empty() { return {}; }

std::optional<RansStack> RansStack::from_words(std::span<const uint32_t> words) {
  if (words.size() < 2) return std::nullopt;
  RansStack stack;
  stack.state_ = (uint64_t{words[words.size() - 1]} << 32) | words[words.size() - 2];
  if (stack.state_ < kLow || stack.state_ >> 63 != 0) return std::nullopt;
  stack.words_.assign(words.begin(), words.end() - 2);
  return stack;
}

std::vector<uint32_t> RansStack::to_words() const {
  std::vector<uint32_t> words = words_;
  words.push_back(static_cast<uint32_t>(state_));
  words.push_back(static_cast<uint32_t>(state_ >> 32));
  return words;
}

bool RansStack::is_back_to(uint64_t tape) const {
  if (overdrawn_ || state_ != first_state(tape)) return false;
  // The first word that was drawn is the last that came back: it lies on top.
  const size_t count = words_.size();
  for (size_t i = 0; i < count; ++i) {
    if (words_[count - 1 - i] != tape_word(tape, i)) return false;
  }
  return true;
}

uint32_t RansStack::take_word() {
  if (!words_.empty()) {
    const uint32_t word = words_.back();
    words_.pop_back();
    return word;
  }
  if (primed_) return tape_word(tape_, drawn_++);
  overdrawn_ = true;
  return 0;
}

}  // namespace latent::compression

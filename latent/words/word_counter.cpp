#include <latent/words/word_counter.hpp>

#include <latent/core/error.hpp>
#include <latent/text/word_hash.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace latent::words {

namespace {
constexpr size_t kLeastSlots = size_t{1} << 12;
// Entries per slot at which the table doubles.
bool is_full(size_t entries, size_t slots) { return entries * 10 >= slots * 6; }
}  // namespace

std::string_view WordCounter::word_of(const Entry& entry) const { return {bytes_.data() + entry.begin, entry.size}; }
std::string_view WordCounter::word(int64_t i) const { return word_of(entries_[static_cast<size_t>(i)]); }

void WordCounter::add(std::string_view word, int64_t count) {
  if (is_full(entries_.size(), slots_.size())) grow();
  const uint64_t hash = text::word_hash(word);
  const auto tag = static_cast<uint32_t>(hash >> 32);
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.entry == 0) {
      LATENT_CHECK(entries_.size() < std::numeric_limits<int32_t>::max(), "[WordCounter] more than 2^31 words");
      entries_.push_back({bytes_.size(), static_cast<uint32_t>(word.size()), tag, count});
      bytes_.insert(bytes_.end(), word.begin(), word.end());
      slot = {tag, static_cast<uint32_t>(entries_.size())};
      return;
    }
    if (slot.tag != tag) continue;
    Entry& entry = entries_[slot.entry - 1];
    if (word_of(entry) == word) {
      entry.count += count;
      return;
    }
  }
}

// Entries know only one half of their hashes, so the words are hashed anew: as often, on average, as once each.
void WordCounter::grow() {
  slots_.assign(std::max(kLeastSlots, 2 * slots_.size()), {});
  const size_t mask = slots_.size() - 1;
  for (size_t i = 0; i < entries_.size(); ++i) {
    size_t at = text::word_hash(word_of(entries_[i])) & mask;
    while (slots_[at].entry != 0) at = (at + 1) & mask;
    slots_[at] = {entries_[i].tag, static_cast<uint32_t>(i + 1)};
  }
}

void WordCounter::add_all(const WordCounter& other) {
  for (const Entry& entry : other.entries_) add(other.word_of(entry), entry.count);
}

void WordCounter::drop_below(int64_t least) {
  WordCounter kept;
  for (const Entry& entry : entries_) {
    if (entry.count >= least) kept.add(word_of(entry), entry.count);
  }
  *this = std::move(kept);
}

void WordCounter::clear() {
  std::ranges::fill(slots_, Slot{});
  entries_.clear();
  bytes_.clear();
}

int64_t WordCounter::memory() const {
  return static_cast<int64_t>(entries_.size() * sizeof(Entry) + slots_.size() * sizeof(Slot) + bytes_.size());
}

}  // namespace latent::words

#include <latent/words/vocabulary.hpp>

#include <latent/text/word_hash.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>
#include <mutex>
#include <numeric>
#include <span>
#include <utility>

namespace latent::words {

namespace {

constexpr int64_t kMostWords = std::numeric_limits<int32_t>::max() - 1;

// Slots for so many words: a power of two, at most 70% full.
size_t slots_for(int64_t words) { return std::bit_ceil(static_cast<size_t>(std::max<int64_t>(words, 4)) * 10 / 7 + 1); }

// Characters of UTF-8; what is no UTF-8 counts byte by byte. Capital ASCII letters become small.
std::vector<char32_t> characters_of(std::string_view word) {
  std::vector<char32_t> characters;
  for (size_t i = 0; i < word.size();) {
    const auto lead = static_cast<uint8_t>(word[i]);
    const size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t character = lead >= 'A' && lead <= 'Z' ? lead + 32u : lead;
    for (size_t k = 1; k < length && i + k < word.size(); ++k) {
      character = character << 8 | static_cast<uint8_t>(word[i + k]);
    }
    characters.push_back(character);
    i += std::min(length, word.size() - i);
  }
  return characters;
}

// Distances of characters with insertions, deletions, replacements and swaps of neighbours; keeps its rows of the table
// from call to call.
class EditDistance {
 public:
  explicit EditDistance(std::vector<char32_t> a) : a_(std::move(a)) {}

  size_t length() const { return a_.size(); }
  // The distance, or anything above `limit` where it is larger.
  size_t operator()(const std::vector<char32_t>& b, size_t limit) {
    const size_t n = a_.size(), m = b.size();
    if (std::max(n, m) - std::min(n, m) > limit) return limit + 1;
    for (auto& row : rows_) row.assign(m + 1, 0);
    std::iota(rows_[0].begin(), rows_[0].end(), size_t{0});
    for (size_t i = 1; i <= n; ++i) {
      auto &row = rows_[i % 3], &above = rows_[(i - 1) % 3], &second = rows_[(i + 1) % 3];
      row[0] = i;
      size_t least = i;
      for (size_t j = 1; j <= m; ++j) {
        row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a_[i - 1] == b[j - 1] ? 0 : 1)});
        const bool swapped = i > 1 && j > 1 && a_[i - 1] == b[j - 2] && a_[i - 2] == b[j - 1];
        if (swapped) row[j] = std::min(row[j], second[j - 2] + 1);
        least = std::min(least, row[j]);
      }
      if (least > limit + 1) return limit + 1;  // a swap looks two rows back, hence the one more
    }
    return rows_[n % 3][m];
  }

 private:
  std::vector<char32_t> a_;
  std::vector<size_t> rows_[3];
};

}  // namespace

struct Vocabulary::List {
  struct Slot {
    uint32_t tag = 0;
    int32_t id = -1;  // -1: free
  };
  Tensor bytes, ends, counts;
  const char* text = nullptr;
  const int64_t* end = nullptr;
  const int64_t* count = nullptr;
  int64_t size = 0;

  List(const Tensor& all_bytes, const Tensor& all_ends, const Tensor& all_counts)
      : bytes(all_bytes), ends(all_ends), counts(all_counts), size(all_ends.numel()) {
    text = reinterpret_cast<const char*>(std::as_const(bytes).data<uint8_t>());
    end = std::as_const(ends).data<int64_t>();
    count = std::as_const(counts).data<int64_t>();
  }

  std::string_view word(int64_t id) const {
    const int64_t begin = id == 0 ? 0 : end[id - 1];
    return {text + begin, static_cast<size_t>(end[id] - begin)};
  }

  // A list that is asked once or twice, as by a command, need not have a table.
  std::optional<int32_t> find(std::string_view wanted) const {
    constexpr int kAskedWithoutTable = 4;
    if (asked.load(std::memory_order_relaxed) < kAskedWithoutTable) {
      ++asked;
      return scan(wanted);
    }
    const Slot& slot = table()[slot_of(table(), wanted, text::word_hash(wanted))];
    return slot.id < 0 ? std::nullopt : std::optional(slot.id);
  }

  // Throws if a word is there twice.
  void check_different() const {
    table();
    LATENT_CHECK(duplicate < 0, "[Vocabulary] the word '{}' is there twice", word(duplicate));
  }

 private:
  std::optional<int32_t> scan(std::string_view wanted) const {
    const auto length = static_cast<int64_t>(wanted.size());
    for (int64_t id = 0, begin = 0; id < size; begin = end[id++]) {
      const bool is_it = end[id] - begin == length && wanted == std::string_view(text + begin, wanted.size());
      if (is_it) return static_cast<int32_t>(id);
    }
    return std::nullopt;
  }

  // The slot of a word, or the free one where it would stand.
  size_t slot_of(const std::vector<Slot>& all, std::string_view wanted, uint64_t hash) const {
    const size_t mask = all.size() - 1;
    const auto tag = static_cast<uint32_t>(hash >> 32);
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
      const Slot& slot = all[at];
      if (slot.id < 0 || (slot.tag == tag && word(slot.id) == wanted)) return at;
    }
  }

  const std::vector<Slot>& table() const {
    std::call_once(made, [this] {
      slots.resize(slots_for(size));
      for (int64_t id = 0; id < size; ++id) {
        const uint64_t hash = text::word_hash(word(id));
        Slot& slot = slots[slot_of(slots, word(id), hash)];
        if (slot.id < 0) {
          slot = {static_cast<uint32_t>(hash >> 32), static_cast<int32_t>(id)};
        } else if (duplicate < 0) {
          duplicate = id;
        }
      }
    });
    return slots;
  }

  mutable std::once_flag made;
  mutable std::vector<Slot> slots;
  mutable int64_t duplicate = -1;
  mutable std::atomic<int> asked = 0;
};

Vocabulary::Vocabulary() : Vocabulary(in_order({})) {}

Vocabulary Vocabulary::by_count(std::vector<std::pair<std::string, int64_t>> words) {
  std::ranges::sort(words, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::vector<std::string> list;
  std::vector<int64_t> counts;
  list.reserve(words.size());
  counts.reserve(words.size());
  for (auto& [word, count] : words) {
    LATENT_CHECK(!word.empty() && count >= 1, "[Vocabulary] expected words with counts from 1, got '{}' with {}", word,
                 count);
    list.push_back(std::move(word));
    counts.push_back(count);
  }
  return in_order(list, counts);
}

Vocabulary Vocabulary::in_order(const std::vector<std::string>& words, const std::vector<int64_t>& counts) {
  LATENT_CHECK(counts.empty() || counts.size() == words.size(), "[Vocabulary] {} words, but {} counts", words.size(),
               counts.size());
  const auto size = static_cast<int64_t>(words.size());
  size_t all = 0;
  for (const std::string& word : words) all += word.size();
  Tensor bytes = Tensor::empty({static_cast<int64_t>(all)}, DType::u8);
  Tensor ends = Tensor::empty({size}, DType::i64);
  size_t at = 0;
  for (size_t id = 0; id < words.size(); ++id) {
    std::ranges::copy(words[id], reinterpret_cast<char*>(bytes.data<uint8_t>()) + at);
    at += words[id].size();
    ends.data<int64_t>()[id] = static_cast<int64_t>(at);
  }
  for (const int64_t count : counts) LATENT_CHECK(count >= 0, "[Vocabulary] a count of {}", count);
  const Vocabulary vocabulary =
      from_tensors(bytes, ends, counts.empty() ? Tensor::zeros({size}, DType::i64) : Tensor::from(counts, {size}));
  vocabulary.list_->check_different();
  return vocabulary;
}

Vocabulary Vocabulary::from_tensors(const Tensor& bytes, const Tensor& ends, const Tensor& counts) {
  LATENT_CHECK(bytes.ndim() == 1 && bytes.dtype() == DType::u8, "[Vocabulary] bytes (B) u8: got {}",
               bytes.shape().str());
  LATENT_CHECK(ends.ndim() == 1 && ends.dtype() == DType::i64, "[Vocabulary] ends (V) i64: got {}", ends.shape().str());
  LATENT_CHECK(counts.shape() == ends.shape() && counts.dtype() == DType::i64, "[Vocabulary] counts (V) i64: got {}",
               counts.shape().str());
  LATENT_CHECK(ends.numel() <= kMostWords, "[Vocabulary] at most {} words, got {}", kMostWords, ends.numel());
  int64_t before = 0;
  for (const int64_t end : ends.span<int64_t>()) {
    LATENT_CHECK(end >= before && end <= bytes.numel(), "[Vocabulary] ends: {} after {} among {} bytes", end, before,
                 bytes.numel());
    before = end;
  }
  LATENT_CHECK(before == bytes.numel(), "[Vocabulary] words end at {} of {} bytes", before, bytes.numel());
  return Vocabulary(std::make_shared<const List>(bytes, ends, counts));
}

int64_t Vocabulary::size() const { return list_->size; }
int64_t Vocabulary::total() const {
  int64_t all = 0;
  for (int64_t id = 0; id < list_->size; ++id) all += std::max<int64_t>(list_->count[id], 0);
  return all;
}
const Tensor& Vocabulary::bytes() const { return list_->bytes; }
const Tensor& Vocabulary::ends() const { return list_->ends; }
const Tensor& Vocabulary::counts() const { return list_->counts; }

std::string_view Vocabulary::word(int64_t id) const {
  LATENT_CHECK(id >= 0 && id < list_->size, "[Vocabulary::word] id {} of {} words", id, list_->size);
  return list_->word(id);
}

int64_t Vocabulary::count(int64_t id) const {
  LATENT_CHECK(id >= 0 && id < list_->size, "[Vocabulary::count] id {} of {} words", id, list_->size);
  return std::max<int64_t>(list_->count[id], 0);
}

std::optional<int32_t> Vocabulary::find(std::string_view word) const { return list_->find(word); }

std::vector<std::string> Vocabulary::near_spellings(std::string_view word, int64_t most) const {
  constexpr size_t kLongestCompared = 100;
  EditDistance distance(characters_of(word));
  if (distance.length() == 0 || distance.length() > kLongestCompared || most < 1) return {};
  const size_t limit = (distance.length() + 2) / 3;
  std::vector<std::pair<size_t, int64_t>> found;  // distance, id
  for (int64_t id = 0; id < size(); ++id) {
    const std::string_view other = list_->word(id);
    if (other.size() > 4 * (distance.length() + limit)) continue;
    const size_t far = distance(characters_of(other), limit);
    if (far <= limit && other != word) found.emplace_back(far, id);
  }
  const auto kept = std::min(found.size(), static_cast<size_t>(most));
  std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(kept));
  std::vector<std::string> spellings;
  for (size_t i = 0; i < kept; ++i) spellings.emplace_back(list_->word(found[i].second));
  return spellings;
}

int64_t Vocabulary::memory_of(int64_t words, int64_t word_bytes) {
  constexpr int64_t kEndAndCount = 2 * sizeof(int64_t);
  return word_bytes + words * kEndAndCount + static_cast<int64_t>(slots_for(words) * sizeof(List::Slot));
}

}  // namespace latent::words

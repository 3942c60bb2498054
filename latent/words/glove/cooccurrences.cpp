#include <latent/words/glove/cooccurrences.hpp>

#include <latent/core/error.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/embedding.hpp>
#include <latent/words/glove/pair_table.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <exception>

namespace latent::words {

namespace {

constexpr int64_t kMostPairedWords = int64_t{1} << 27;
constexpr double kWeightUnit = 0x1p24;   // of a pair side by side
constexpr uint64_t kPairOrder = 0x6f72;  // tape

// The block, then the two words: runs come out block by block.
uint64_t key_of(int32_t i, int32_t j) {
  auto a = static_cast<uint64_t>(Cooccurrences::part_of(i)), b = static_cast<uint64_t>(Cooccurrences::part_of(j));
  if (a > b || (a == b && i > j)) {
    std::swap(a, b);
    std::swap(i, j);
  }
  return ((a * Cooccurrences::kParts + b) << 54) | (static_cast<uint64_t>(i) << 27) | static_cast<uint64_t>(j);
}
constexpr uint64_t kWordMask = (uint64_t{1} << 27) - 1;

// The words from `begin` on that are in sentences which begin before `end`.
void count_range(std::span<const int32_t> ids, size_t begin, size_t end, int64_t words,
                 const CooccurrenceOptions& options, PairTable& table) {
  std::vector<uint64_t> amounts;  // by distance - 1
  for (int64_t distance = 1; distance <= options.window; ++distance) {
    const double weight = options.distance_weighting ? kWeightUnit / static_cast<double>(distance) : kWeightUnit;
    amounts.push_back(static_cast<uint64_t>(std::llround(weight)));
  }
  size_t first = begin;  // of the sentence
  for (size_t at = begin; at < ids.size() && (at < end || at > first); ++at) {
    if (ids[at] == kSentenceEnd) {
      first = at + 1;
      continue;
    }
    LATENT_CHECK(ids[at] >= 0 && ids[at] < words, "[glove] id {} is no word of {}, at place {} of the text", ids[at],
                 words, at);
    const size_t most = std::min(at - first, amounts.size());
    for (size_t distance = 1; distance <= most; ++distance) {
      const int32_t other = ids[at - distance];
      table.add(key_of(ids[at], other), amounts[distance - 1] * (other == ids[at] ? 2 : 1));
    }
  }
}

// Where a share of the text begins: after the end of a sentence.
size_t sentence_from(std::span<const int32_t> ids, size_t at) {
  while (at > 0 && at < ids.size() && ids[at - 1] != kSentenceEnd) ++at;
  return at;
}

std::deque<PairTable> count_shares(std::span<const int32_t> ids, int64_t words, const CooccurrenceOptions& options) {
  const auto threads = static_cast<size_t>(num_threads());
  std::deque<PairTable> tables;
  for (size_t t = 0; t < threads; ++t) {
    tables.emplace_back(options.memory / 2 / static_cast<int64_t>(threads), options.folder);
  }
  std::vector<std::exception_ptr> failures(threads);
  parallel_for(static_cast<int64_t>(threads), 1, [&](int64_t from, int64_t to) {
    for (auto t = static_cast<size_t>(from); t < static_cast<size_t>(to); ++t) {
      try {
        const size_t begin = sentence_from(ids, ids.size() / threads * t);
        const size_t end = t + 1 == threads ? ids.size() : sentence_from(ids, ids.size() / threads * (t + 1));
        if (begin < end) count_range(ids, begin, end, words, options, tables[t]);
        tables[t].finish();
      } catch (...) {
        failures[t] = std::current_exception();
      }
    }
  });
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return tables;
}

}  // namespace

// Takes pairs in the order of their keys, and makes blocks of them.
class CooccurrenceMerger {
 public:
  explicit CooccurrenceMerger(const CooccurrenceOptions& options)
      : options_(options), most_(static_cast<size_t>(options.memory / 4) / sizeof(WordPair)) {}

  void take(KeySum pair) {
    const auto block = static_cast<int64_t>(pair.key >> 54);
    if (block != block_) end_block(block);
    done_.push_back({static_cast<int32_t>((pair.key >> 27) & kWordMask), static_cast<int32_t>(pair.key & kWordMask),
                     static_cast<float>(static_cast<double>(pair.sum) / kWeightUnit)});
  }

  Cooccurrences finish() {
    end_block(Cooccurrences::kParts * Cooccurrences::kParts);
    if (file_) {
      spill();
      counts_.file_ = MappedFile::open(file_->path());
      const auto bytes = counts_.file_->bytes();
      counts_.pairs_ = {reinterpret_cast<const WordPair*>(bytes.data()), bytes.size() / sizeof(WordPair)};
    } else {
      counts_.memory_ = std::make_shared<const std::vector<WordPair>>(std::move(done_));
      counts_.pairs_ = *counts_.memory_;
    }
    return std::move(counts_);
  }

 private:
  void end_block(int64_t next) {
    const Rng tape = Rng(options_.seed).fork(kPairOrder);
    Rng rng = tape.fork(static_cast<uint64_t>(block_));
    for (size_t left = done_.size() - begin_; left > 1; --left) {
      std::swap(done_[begin_ + left - 1], done_[begin_ + rng.below(left)]);
    }
    written_ += static_cast<int64_t>(done_.size() - begin_);
    for (int64_t block = block_ + 1; block <= next; ++block) counts_.begin_[static_cast<size_t>(block)] = written_;
    block_ = next;
    begin_ = done_.size();
    if (file_ || done_.size() > most_) spill();
  }

  void spill() {
    if (!file_) file_.emplace(options_.folder / "pairs", Temporary::Kind::file);
    write_counts(file_->fd(), std::as_bytes(std::span(done_)), options_.folder);
    done_.clear();
    begin_ = 0;
  }

  const CooccurrenceOptions& options_;
  size_t most_;
  Cooccurrences counts_;
  std::vector<WordPair> done_;
  std::optional<Temporary> file_;
  size_t begin_ = 0;     // of the block at hand, in done_
  int64_t written_ = 0;  // pairs of the blocks before it
  int64_t block_ = 0;
};

int64_t Cooccurrences::part_of(int32_t word) { return kernels::part_of_row(word, static_cast<uint32_t>(kParts)); }

Cooccurrences count_cooccurrences(std::span<const int32_t> ids, int64_t words, const CooccurrenceOptions& options) {
  LATENT_CHECK(options.window >= 1 && options.window <= 100, "[glove] window from 1 to 100 expected, got {}",
               options.window);
  LATENT_CHECK(options.memory >= 0, "[glove] memory >= 0 expected, got {}", options.memory);
  LATENT_CHECK(words >= 0 && words <= kMostPairedWords, "[glove] at most {} words expected, got {}", kMostPairedWords,
               words);
  const std::deque<PairTable> tables = count_shares(ids, words, options);
  std::vector<std::span<const KeySum>> runs;
  int64_t on_disk = 0;
  for (const PairTable& table : tables) {
    for (const auto& run : table.runs()) runs.push_back(run);
    on_disk += table.runs_on_disk();
  }
  CooccurrenceMerger merger(options);
  merge_runs(std::move(runs), [&](KeySum pair) { merger.take(pair); });
  Cooccurrences counts = merger.finish();
  counts.words_ = words;
  counts.runs_ = on_disk;
  return counts;
}

}  // namespace latent::words

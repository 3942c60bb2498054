#include <latent/words/phrases.hpp>

#include <latent/core/error.hpp>
#include <latent/core/interrupted.hpp>
#include <latent/core/threads.hpp>
#include <latent/words/pair_counter.hpp>
#include <latent/words/reading.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

namespace latent::words {

// The words of all pairs, and the pairs as two ids in one number.
struct Phrases::Pass {
  Vocabulary words;
  std::unordered_set<uint64_t> pairs;
};

namespace {

uint64_t pair_key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

// Counts pairs of neighbours, by ids. A pair belongs to one of several tables by its hash, and each table to one thread
// at a time.
class PairVisitor : public text::CorpusVisitor {
 public:
  PairVisitor(const Vocabulary& vocabulary, const Phrases& phrases, int64_t memory, const ReadingProgress& progress)
      : vocabulary_(vocabulary),
        phrases_(phrases),
        memory_(memory / static_cast<int64_t>(kTables)),
        progress_(progress) {}

  void begin(size_t /*workers*/) override {}

  void visit(size_t /*worker*/, size_t slot, text::Tokens&& tokens) override {
    const text::Tokens joined = phrases_.join(std::move(tokens));
    for (auto& keys : keys_[slot]) keys.clear();
    words_ += joined.words;
    std::optional<int32_t> left;
    for (const auto& token : joined.tokens) {
      const auto right = token.ends_sentence() ? std::nullopt : vocabulary_.find(joined.word(token));
      if (left && right) {
        const uint64_t key = pair_key(*left, *right);
        keys_[slot][PairCounter::hash(key) >> 61].push_back(key);
      }
      left = right;
    }
  }

  bool end_round(size_t slots, const text::CorpusPass& so_far) override {
    if (progress_ && !progress_(so_far)) throw Interrupted("interrupted while phrases were counted");
    parallel_for(kTables, 1, [&](int64_t begin, int64_t end) {
      for (auto table = static_cast<size_t>(begin); table < static_cast<size_t>(end); ++table) {
        for (size_t slot = 0; slot < slots; ++slot) {
          for (const uint64_t key : keys_[slot][table]) tables_[table].add(key);
        }
        while (memory_ > 0 && tables_[table].memory() > memory_) tables_[table].drop_below(++forgotten_[table]);
      }
    });
    return true;
  }

  const auto& tables() const { return tables_; }
  // Phrases of earlier passes are one word.
  int64_t words() const { return words_; }

 private:
  static constexpr size_t kTables = 8;
  const Vocabulary& vocabulary_;
  const Phrases& phrases_;
  int64_t memory_;
  const ReadingProgress& progress_;
  std::array<std::array<std::vector<uint64_t>, kTables>, kSlots> keys_;
  std::array<PairCounter, kTables> tables_;
  std::array<int64_t, kTables> forgotten_{};
  std::atomic<int64_t> words_ = 0;
};

}  // namespace

Phrases::Phrases(const Passes& passes) {
  for (const std::vector<Pair>& pairs : passes) {
    auto pass = std::make_shared<Pass>();
    std::set<std::string> words;
    for (const auto& [left, right] : pairs) words.insert({left, right});
    pass->words = Vocabulary::in_order({words.begin(), words.end()});
    for (const auto& [left, right] : pairs)
      pass->pairs.insert(pair_key(*pass->words.find(left), *pass->words.find(right)));
    passes_.push_back(std::move(pass));
  }
}

Phrases::Passes Phrases::pairs() const {
  Passes passes;
  for (const auto& pass : passes_) {
    std::vector<Pair>& pairs = passes.emplace_back();
    for (const uint64_t key : pass->pairs) {
      pairs.emplace_back(pass->words.word(static_cast<int64_t>(key >> 32)),
                         pass->words.word(static_cast<int64_t>(key & UINT32_MAX)));
    }
    std::ranges::sort(pairs);
  }
  return passes;
}

text::Tokens Phrases::join(text::Tokens tokens) const {
  for (const auto& pass : passes_) {
    text::Tokens joined;
    joined.text.reserve(tokens.text.size());
    joined.tokens.reserve(tokens.tokens.size());
    joined.repaired = tokens.repaired;
    joined.long_words = tokens.long_words;
    constexpr int32_t kNone = -1;
    int32_t left = kNone;  // the word before, if it may be the first of a pair
    for (const auto& token : tokens.tokens) {
      if (token.ends_sentence()) {
        joined.tokens.push_back(token);
        left = kNone;
        continue;
      }
      const int32_t right = pass->words.find(tokens.word(token)).value_or(kNone);
      const bool is_pair = left != kNone && right != kNone && pass->pairs.contains(pair_key(left, right));
      if (is_pair) {
        joined.text += '_';
        joined.tokens.back().size += 1 + token.size;
      } else {
        joined.tokens.push_back({static_cast<uint32_t>(joined.text.size()), token.size});
        ++joined.words;
      }
      joined.text += tokens.word(token);
      left = is_pair ? kNone : right;
    }
    tokens = std::move(joined);
  }
  return tokens;
}

Phrases find_phrases(const text::Corpus& corpus, const PhraseOptions& options, const ReadingProgress& progress) {
  LATENT_CHECK(options.passes >= 0 && options.min_count >= 1 && options.threshold >= 0 && options.memory >= 0,
               "[find_phrases] passes = {}, min_count = {}, threshold = {}, memory = {}", options.passes,
               options.min_count, options.threshold, options.memory);
  Phrases::Passes found;
  for (int64_t pass = 0; pass < options.passes; ++pass) {
    const Phrases phrases(found);
    const CountedText text =
        count_words(corpus, {.min_count = options.min_count, .memory = options.memory}, phrases, progress);
    PairVisitor visitor(text.vocabulary, phrases, options.memory, progress);
    corpus.pass(visitor);
    const int64_t words = visitor.words();
    std::vector<Phrases::Pair>& pairs = found.emplace_back();
    for (const PairCounter& table : visitor.tables()) {
      table.for_each([&](uint64_t key, int64_t count) {
        const auto left = static_cast<int64_t>(key >> 32), right = static_cast<int64_t>(key & UINT32_MAX);
        if (count < options.min_count) return;
        const double chance =
            static_cast<double>(text.vocabulary.count(left)) * static_cast<double>(text.vocabulary.count(right));
        const double score = static_cast<double>(count - options.min_count) / chance * static_cast<double>(words);
        if (score > options.threshold) pairs.emplace_back(text.vocabulary.word(left), text.vocabulary.word(right));
      });
    }
    if (pairs.empty()) {
      found.pop_back();
      break;
    }
  }
  return Phrases(found);
}

}  // namespace latent::words

#include <latent/words/reading.hpp>

#include <latent/core/error.hpp>
#include <latent/core/interrupted.hpp>
#include <latent/core/text.hpp>
#include <latent/words/word_counter.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace latent::words {

namespace {

void check_progress(const ReadingProgress& progress, const text::CorpusPass& so_far) {
  if (progress && !progress(so_far)) throw Interrupted("interrupted while the text was read");
}

std::string names_of(const text::TextSources& sources) {
  const auto& files = sources.files();
  if (files.size() == 1) return files[0].name;
  return fmt::format("{} and {} more", files[0].name, counted(static_cast<int64_t>(files.size()) - 1, "file"));
}

// Each worker counts for itself; every few rounds, counts are added up. When that is depends on the text alone, so that
// what is forgotten does, too.
class CountVisitor : public text::CorpusVisitor {
 public:
  CountVisitor(const Phrases& phrases, int64_t memory, const ReadingProgress& progress)
      : phrases_(phrases), memory_(memory), progress_(progress) {}

  void begin(size_t workers) override { workers_.resize(workers); }

  void visit(size_t worker, size_t /*slot*/, text::Tokens&& tokens) override {
    WordCounter& counter = workers_[worker];
    const text::Tokens joined = phrases_.join(std::move(tokens));
    for (const auto& token : joined.tokens) {
      if (!token.ends_sentence()) counter.add(joined.word(token));
    }
  }

  bool end_round(size_t /*slots*/, const text::CorpusPass& so_far) override {
    constexpr int kRoundsTogether = 8;
    check_progress(progress_, so_far);
    if (memory_ > 0 && ++rounds_ % kRoundsTogether == 0) add_up();
    return true;
  }

  WordCounter& finish() {
    add_up();
    return total_;
  }
  int64_t forgotten_below() const { return forgotten_below_; }

 private:
  void add_up() {
    for (WordCounter& worker : workers_) {
      if (total_.size() == 0) {
        std::swap(total_, worker);
      } else {
        total_.add_all(worker);
        worker.clear();
      }
    }
    while (memory_ > 0 && total_.memory() > memory_) total_.drop_below(++forgotten_below_);
  }

  const Phrases& phrases_;
  int64_t memory_;
  const ReadingProgress& progress_;
  std::vector<WordCounter> workers_;
  WordCounter total_;
  int rounds_ = 0;
  int64_t forgotten_below_ = 0;
};

class EncodeVisitor : public text::CorpusVisitor {
 public:
  EncodeVisitor(const Vocabulary& vocabulary, const Phrases& phrases, CorpusWriter& writer,
                const ReadingProgress& progress)
      : vocabulary_(vocabulary), phrases_(phrases), writer_(writer), progress_(progress) {}

  void begin(size_t /*workers*/) override {}

  void visit(size_t /*worker*/, size_t slot, text::Tokens&& tokens) override {
    const text::Tokens joined = phrases_.join(std::move(tokens));
    std::vector<int32_t>& ids = ids_[slot];
    ids.clear();
    raw_words_[slot] = joined.words;
    for (const auto& token : joined.tokens) {
      if (token.ends_sentence()) {
        ids.push_back(kSentenceEnd);
      } else if (const auto id = vocabulary_.find(joined.word(token))) {
        ids.push_back(*id);
      }
    }
  }

  bool end_round(size_t slots, const text::CorpusPass& so_far) override {
    check_progress(progress_, so_far);
    for (size_t slot = 0; slot < slots; ++slot) {
      writer_.append(ids_[slot]);
      writer_.count_raw(raw_words_[slot]);
    }
    return true;
  }

 private:
  const Vocabulary& vocabulary_;
  const Phrases& phrases_;
  CorpusWriter& writer_;
  const ReadingProgress& progress_;
  std::array<std::vector<int32_t>, kSlots> ids_;
  std::array<int64_t, kSlots> raw_words_{};
};

[[noreturn]] void throw_no_words(const std::string& name, const text::CorpusPass& pass) {
  if (pass.long_words > 0) {
    throw DataError(name, fmt::format("no words: {} without a space among {} bytes or more (--tokens unicode may find "
                                      "words in it)",
                                      counted(pass.long_words, "run"), text::kLongestWord));
  }
  throw DataError(name, "no words: the text is empty");
}

}  // namespace

CountedText count_words(const text::Corpus& corpus, const CountOptions& options, const Phrases& phrases,
                        const ReadingProgress& progress) {
  LATENT_CHECK(options.min_count >= 1, "[count_words] min_count = {}", options.min_count);
  LATENT_CHECK(options.max_words >= 0 && options.memory >= 0, "[count_words] max_words = {}, memory = {}",
               options.max_words, options.memory);
  CountVisitor visitor(phrases, options.memory, progress);
  CountedText counted_text;
  counted_text.pass = corpus.pass(visitor);
  WordCounter& counter = visitor.finish();
  counted_text.different_words = counter.size();
  counted_text.forgotten_below = visitor.forgotten_below();
  const std::string name = names_of(corpus.sources());
  if (counted_text.pass.words == 0) throw_no_words(name, counted_text.pass);

  int64_t most = 0;
  for (int64_t i = 0; i < counter.size(); ++i) most = std::max(most, counter.count(i));
  if (most < options.min_count) {
    throw DataError(name, fmt::format("no word is met {} times (the most frequent one {}): the vocabulary is empty; a "
                                      "smaller minimum count (--min-count) keeps more",
                                      options.min_count, counted(most, "time")));
  }
  counter.drop_below(options.min_count);
  std::vector<std::pair<std::string, int64_t>> words;
  words.reserve(static_cast<size_t>(counter.size()));
  for (int64_t i = 0; i < counter.size(); ++i) words.emplace_back(counter.word(i), counter.count(i));
  if (const auto keep = static_cast<size_t>(options.max_words); keep > 0 && words.size() > keep) {
    std::ranges::sort(words, [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    words.resize(keep);
  }
  counter = {};
  counted_text.vocabulary = Vocabulary::by_count(std::move(words));
  return counted_text;
}

EncodedCorpus encode_text(const text::Corpus& corpus, const Vocabulary& vocabulary, const Phrases& phrases,
                          CorpusWriter writer, const ReadingProgress& progress) {
  EncodeVisitor visitor(vocabulary, phrases, writer, progress);
  corpus.pass(visitor);
  return writer.finish();
}

}  // namespace latent::words

#include <latent/text/corpus.hpp>

#include <latent/core/error.hpp>
#include <latent/core/threads.hpp>

#include <array>
#include <atomic>
#include <exception>
#include <utility>

namespace latent::text {

namespace {

// The pieces of a round, and what became of them.
struct Round {
  std::array<TextBlock, CorpusVisitor::kSlots> blocks;
  std::array<Tokens, CorpusVisitor::kSlots> counts;  // without their text
  std::array<std::exception_ptr, CorpusVisitor::kSlots> failures;
  size_t slots = 0;

  void read(TextReader& reader) {
    slots = 0;
    while (slots < blocks.size() && reader.next(blocks[slots])) ++slots;
  }

  void visit_all(CorpusVisitor& visitor, size_t workers, const TextSources& sources, const TokenizerOptions& options) {
    failures.fill(nullptr);
    std::atomic<size_t> next = 0;
    parallel_for(static_cast<int64_t>(workers), 1, [&](int64_t begin, int64_t end) {
      for (int64_t worker = begin; worker < end; ++worker) {
        for (size_t slot = 0; (slot = next++) < slots;) {
          try {
            TextBlock& block = blocks[slot];
            Tokens tokens = tokenize(std::move(block.text), options, sources.files()[block.file].name, block.offset);
            counts[slot] = {{}, {}, tokens.words, tokens.repaired, tokens.long_words};
            visitor.visit(static_cast<size_t>(worker), slot, std::move(tokens));
          } catch (...) {
            failures[slot] = std::current_exception();
          }
        }
      }
    });
    for (const std::exception_ptr& failure : failures) {
      if (failure) std::rethrow_exception(failure);
    }
  }
};

}  // namespace

Corpus::Corpus(TextSources sources, const TokenizerOptions& options) : sources_(std::move(sources)), options_(options) {
  LATENT_CHECK(options.max_sentence >= 1, "[Corpus] max_sentence = {}", options.max_sentence);
}

CorpusPass Corpus::pass(CorpusVisitor& visitor) const {
  const auto workers = static_cast<size_t>(num_threads());
  visitor.begin(workers);
  TextReader reader(sources_);
  CorpusPass so_far;
  Round round;
  for (bool go_on = true; go_on;) {
    round.read(reader);
    if (round.slots == 0) break;
    round.visit_all(visitor, workers, sources_, options_);
    for (size_t slot = 0; slot < round.slots; ++slot) {
      so_far.words += round.counts[slot].words;
      so_far.repaired += round.counts[slot].repaired;
      so_far.long_words += round.counts[slot].long_words;
    }
    so_far.bytes = reader.bytes_read();
    go_on = visitor.end_round(round.slots, so_far);
  }
  return so_far;
}

}  // namespace latent::text

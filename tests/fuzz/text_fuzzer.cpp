#include <latent/core/error.hpp>
#include <latent/text/tokenizer.hpp>

#include <tests/fuzz/fuzz_target.hpp>

#include <cstdlib>
#include <string>

// Every rule of words and sentences; each token must lie within the text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using latent::text::SentenceRule;
  using latent::text::WordRule;
  return latent::fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (const WordRule words : {WordRule::whitespace, WordRule::unicode}) {
      for (const SentenceRule sentences : {SentenceRule::lines, SentenceRule::automatic}) {
        const auto tokens = latent::text::tokenize(text, {words, sentences, sentences == SentenceRule::lines, 3});
        for (const auto& token : tokens.tokens) {
          if (size_t{token.begin} + token.size > tokens.text.size()) std::abort();
        }
      }
    }
  });
}
